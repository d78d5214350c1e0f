#!/usr/bin/env -S node --
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isErrno } from '../shared/errno.js';
import { answerFast } from './fast.js';
import { outliveTerminals } from './terminal/lost-terminals.js';

/** The rest of the CLI is a bundle of its own, because reading it takes longer than most answers. */
async function loadCommands(): Promise<typeof import('./commands-main.js')> {
  if (!import.meta.url.endsWith('.ts')) return createRequire(import.meta.url)('./commands.cjs');
  // From source (`npm run dev`) there is no bundle. The name is hidden from the bundler, which would include it here.
  const source = './commands-main.js';
  return import(source);
}

/** Writes without setting up the stream of standard output, unless its reader is slow. */
function print(text: string): void {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch (thrown) {
    if (isErrno(thrown, 'EPIPE')) return;
    if (!isErrno(thrown, 'EAGAIN')) throw thrown;
    process.stdout.write(rest);
  }
}

async function main(args: readonly string[]): Promise<void> {
  outliveTerminals();
  try {
    const text = await answerFast(args);
    if (text === undefined) await (await loadCommands()).runCommands(args);
    else print(text);
  } catch (thrown) {
    const { report } = await import('./report.js');
    report(args, thrown);
  }
}

void main(process.argv.slice(2));
