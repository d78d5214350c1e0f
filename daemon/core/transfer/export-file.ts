import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import * as v from 'valibot';
import { SigilforgeError } from '../../../shared/errors.js';
import { parse } from '../../../shared/validate.js';
import { isErrno, pathError } from '../platform/files.js';
import { open, seal } from '../sealing/sealing.js';
import { Argon2Params } from '../vault/slots/argon2.js';
import { newPasswordParams, passwordKey } from '../vault/slots/password.js';
import { Content } from './content.js';

/** The first line of the file, in JSON; behind it stands the content, sealed. Both are proven together. */
const Header = v.strictObject({
  format: v.literal('sigilforge export'),
  version: v.literal(1),
  created_at: v.string(),
  kdf: Argon2Params,
});

/** Content as the bytes of a file that only the passphrase opens. */
export async function encodeExport(content: Content, passphrase: string, createdAt: string): Promise<Buffer> {
  const kdf = newPasswordParams();
  const header = { format: 'sigilforge export', version: 1, created_at: createdAt, kdf };
  const line = `${JSON.stringify(header)}\n`;
  const key = await passwordKey(passphrase, kdf);
  return Buffer.concat([
    Buffer.from(line),
    seal(key, uuidv7(), placeOf(line), Buffer.from(JSON.stringify(content))),
  ]);
}

/** Throws `integrity` for what is no exported file, `denied` where the passphrase is wrong or the file was changed. */
export async function decodeExport(bytes: Buffer, passphrase: string): Promise<Content> {
  const end = bytes.indexOf('\n') + 1;
  const line = bytes.toString('utf8', 0, end);
  const { kdf } = parse(Header, readJson(line), 'the header of the exported file', 'integrity');
  const key = await passwordKey(passphrase, kdf);
  const text = opened(key, line, bytes.subarray(end)).toString('utf8');
  return parse(Content, readJson(text), 'the exported file', 'integrity');
}

/** Writes a file 0600, whole or not at all. One that exists is only replaced where that was asked for. */
export async function writeExport(file: string, bytes: Buffer, overwrite: boolean): Promise<void> {
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}`);
  try {
    await writeDraft(draft, bytes);
    // A link, unlike a new name, never takes the place of another file.
    if (overwrite) await fs.rename(draft, file);
    else await fs.link(draft, file);
    await syncFolder(path.dirname(file));
  } catch (thrown) {
    throw isErrno(thrown, 'EEXIST') ? fileExists(file) : pathError(file, thrown);
  } finally {
    await fs.rm(draft, { force: true });
  }
}

/** Throws `already_exists` before anybody has typed a passphrase in vain. */
export async function assertNoFile(file: string): Promise<void> {
  const found = await fs.lstat(file).catch(() => undefined);
  if (found) throw fileExists(file);
}

export async function readExport(file: string): Promise<Buffer> {
  try {
    return await fs.readFile(file);
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) throw new SigilforgeError('not_found', `There is no file ${file}.`);
    throw pathError(file, thrown);
  }
}

async function writeDraft(draft: string, bytes: Buffer): Promise<void> {
  const handle = await fs.open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

function placeOf(line: string) {
  return { vault: line, table: 'export', row: '', column: 'content' };
}

function opened(key: Buffer, line: string, sealed: Buffer): Buffer {
  try {
    return open(key, placeOf(line), sealed);
  } catch (cause) {
    const sentence = 'This passphrase does not open the file, or the file is not as it was written.';
    throw new SigilforgeError('denied', sentence, {
      hint: 'Try again with the passphrase of the export.',
      cause,
    });
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SigilforgeError('integrity', 'This is no file that sigilforge vault export has written.', {
      hint: 'Name the file that was exported.',
    });
  }
}

function fileExists(file: string): SigilforgeError {
  return new SigilforgeError('already_exists', `${file} exists already, and was left as it is.`, {
    hint: 'Name another file, or replace this one with --force.',
  });
}
