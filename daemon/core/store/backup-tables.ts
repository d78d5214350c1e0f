import type { Connection } from './binding.js';

/** A file that belongs to a database, and is taken along in a backup of it. */
export interface KeptFile {
  readonly name: string;
  readonly content: Buffer;
}

/** What a backup has besides the tables of the database. `created_at`: milliseconds since 1970. */
const TABLES = `
  CREATE TABLE backup (created_at INTEGER NOT NULL) STRICT;
  CREATE TABLE backup_files (name TEXT NOT NULL PRIMARY KEY, content BLOB NOT NULL) STRICT;`;

export function addBackupTables(db: Connection, createdAt: number, files: Iterable<KeptFile>): void {
  db.exec(TABLES);
  db.prepare('INSERT INTO backup VALUES (?)').run(createdAt);
  const insert = db.prepare<[string, Buffer]>('INSERT INTO backup_files VALUES (?, ?)');
  for (const { name, content } of files) insert.run(name, content);
}

/** The files that were taken along. Their tables are gone afterwards. A plain copy of a database has none. */
export function takeBackupFiles(db: Connection): KeptFile[] {
  const isBackup = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'backup_files'").get() !== undefined;
  const select = 'SELECT name, content FROM backup_files';
  const files = isBackup ? db.prepare<[], KeptFile>(select).all() : [];
  db.exec('DROP TABLE IF EXISTS backup_files; DROP TABLE IF EXISTS backup;');
  return files;
}
