import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { errnoOf } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { badArgument } from '../../arguments/context.js';
import { readStandardInput } from '../../terminal/standard-input.js';
import { refuse } from './env-fault.js';
import { type EnvFileEntry, parseEnvText } from './env-text.js';

/** In the place of a file: standard input. */
export const STANDARD_INPUT = '-';

/** More than any system lets a program's arguments and environment have. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Reads a file of `NAME=value` lines, or standard input. Throws an error that names the line if it is not one. */
export async function readEnvFile(file: string): Promise<EnvFileEntry[]> {
  return file === STANDARD_INPUT
    ? parseEnvText(
        textOf(await readStandardInput('--env-file', MOST_BYTES, tooLarge), 'standard input'),
        'standard input',
      )
    : parseEnvText(textOf(await read(file), file), file);
}

async function read(file: string): Promise<Buffer> {
  // A file may be a pipe, or a device without an end.
  const bytes = await buffer(createReadStream(file, { end: MOST_BYTES })).catch((thrown) => {
    const code = errnoOf(thrown) ?? 'unknown';
    if (code === 'EISDIR') throw badArgument(`--env-file: ${file} is a folder.`, 'Name a file in it.');
    throw badArgument(`--env-file: ${file} cannot be read (${code}).`, 'Check its path and its permissions.');
  });
  if (bytes.length > MOST_BYTES) throw tooLarge(`--env-file: ${file}`, MOST_BYTES);
  return bytes;
}

function tooLarge(what: string, limit: number): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `${what}: over ${limit.toLocaleString('en')} bytes.`, {
    hint: 'No environment can be so large. Pass large values as files or descriptors: --file or --fd.',
  });
}

/** Throws for what is not plain UTF-8 text: nothing is left out or replaced. */
function textOf(bytes: Buffer, file: string): string {
  if (isUtf16(bytes)) refuse({ file, line: 1 }, 'this is UTF-16, not UTF-8.', 'Save the file as UTF-8.');
  const odd = bytes.includes(0) || !isUtf8(bytes) ? firstOddLine(bytes) : undefined;
  if (odd !== undefined) {
    refuse(
      { file, line: odd },
      'here is a byte that is not UTF-8 text.',
      'Save the file as UTF-8. Store other values, and pass them with --file or --fd.',
    );
  }
  const text = bytes.toString();
  if (text.startsWith('\ufeff')) {
    refuse(
      { file, line: 1 },
      'the file starts with a byte order mark, which python-dotenv takes for a part of the name.',
      'Save the file as UTF-8 without a byte order mark.',
    );
  }
  return text;
}

function isUtf16(bytes: Buffer): boolean {
  return bytes.length >= 2 && [0xfffe, 0xfeff].includes(bytes.readUInt16BE(0));
}

/** A newline is never a part of a longer character, so each line is valid or not by itself. */
function firstOddLine(bytes: Buffer): number {
  for (let from = 0, line = 1; ; line++) {
    const newline = bytes.indexOf('\n', from);
    const part = bytes.subarray(from, newline === -1 ? bytes.length : newline);
    if (part.includes(0) || !isUtf8(part) || newline === -1) return line;
    from = newline + 1;
  }
}
