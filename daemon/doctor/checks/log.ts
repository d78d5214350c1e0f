import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import * as v from 'valibot';
import { parseJson } from '../../../shared/json.js';
import { pattern } from '../../../shared/pattern.js';
import { type Check, type Finding, ok, warning } from '../check.js';

const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;

/** Of a log, the end is read: many times what a day has at the usual level. */
const READ_BYTES = MIB;

/** A log is renamed at half of this: one that is longer could not be. */
const TOO_LONG_BYTES = 10 * MIB;

/** As json-log.ts writes it. */
const ERROR_LEVEL = 50;

const Line = v.object({
  level: v.number(),
  time: v.string(),
  event: v.pipe(v.string(), pattern(/^[\w.]{1,64}$/, 'the name of an event')),
  kind: v.optional(v.pipe(v.string(), pattern(/^\w{1,64}$/, 'the kind of an error'))),
});

export const log: Check = {
  name: 'log',
  run({ paths: { logFile } }) {
    const read = endOf(logFile);
    if (read === undefined) return [];
    const found = [...errors(read.text, logFile), ...tooLong(read.size, logFile)];
    return found.length > 0 ? found : [ok(`${logFile} has no error of the last day.`)];
  },
};

function errors(text: string, file: string): Finding[] {
  const lines = text.split('\n').flatMap((line) => {
    const parsed = v.safeParse(Line, parseJson(line));
    return parsed.success ? [parsed.output] : [];
  });
  const since = Date.now() - DAY_MS;
  const bad = lines.filter(({ level, time }) => level >= ERROR_LEVEL && Date.parse(time) > since);
  const last = bad.at(-1);
  if (last === undefined) return [];
  const kind = last.kind === undefined ? '' : ` (${last.kind})`;
  const count = bad.length === 1 ? 'one error' : `${bad.length} errors`;
  return [
    warning(
      `${file} has ${count} of the last day, the latest at ${last.time}: ${last.event}${kind}.`,
      'See what was before it: sigilforge daemon logs',
    ),
  ];
}

function tooLong(size: number, file: string): Finding[] {
  if (size <= TOO_LONG_BYTES) return [];
  return [
    warning(
      `${file} has ${Math.floor(size / MIB)} MiB, so it could not be renamed when it was full.`,
      `Move it away: mv '${file}' '${file}.old', then: sigilforge daemon restart`,
    ),
  ];
}

function endOf(file: string): { readonly text: string; readonly size: number } | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, READ_BYTES));
    const length = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    return { text: bytes.toString('utf8', 0, length), size };
  } catch {
    // There is none yet, or the folders say why it cannot be read.
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
