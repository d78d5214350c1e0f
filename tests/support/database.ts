import { fileURLToPath } from 'node:url';
import type { Running } from './start/running.js';
import type { Sandbox } from './start/sandbox.js';

const BETTER_SQLITE = fileURLToPath(import.meta.resolve('better-sqlite3'));

/** The database of a sandbox, worked on by a process of its own, as a test's process must not open what it searches. */
export function databaseOf({ home }: Pick<Sandbox, 'home'>): string {
  return `${home}/data/sigilforge.db`;
}

/** The rows that `sql` gives, or nothing for a statement without rows. Blobs come as hexadecimal text. */
export async function query<Row>(sandbox: Sandbox, sql: string): Promise<Row[]> {
  const program = `
    const db = new (require(${JSON.stringify(BETTER_SQLITE)}))(process.argv[1], { fileMustExist: true });
    const statement = db.prepare(process.argv[2]);
    const rows = statement.reader ? statement.all() : (statement.run(), []);
    console.log(JSON.stringify(rows, (_, value) => value?.type === 'Buffer' ? Buffer.from(value).toString('hex') : value));
    db.close();`;
  const { code, stdout, stderr } = await sandbox.spawn(
    [process.execPath, '--eval', program, databaseOf(sandbox), sql],
    { input: '' },
  ).exited;
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Row[];
}

/** A process that keeps the database busy for as long as it lives. */
export async function keepBusy(sandbox: Sandbox): Promise<Running> {
  const program = `
    const db = new (require(${JSON.stringify(BETTER_SQLITE)}))(process.argv[1], { fileMustExist: true });
    db.exec('BEGIN IMMEDIATE');
    console.log('busy');
    setInterval(() => {}, 60_000);`;
  const running = sandbox.spawn([process.execPath, '--eval', program, databaseOf(sandbox)]);
  await running.seen(/busy/, 'stdout');
  return running;
}
