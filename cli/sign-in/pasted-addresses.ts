import { createInterface } from 'node:readline';
import { printable } from '../../shared/printable.js';
import { canAsk } from '../terminal/prompt.js';
import { inOneLine } from '../terminal/typed-line.js';
import { type Manner, typedLines } from '../terminal/typing.js';

const ADDRESS: Manner = { readPaste: inOneLine, isWhole: false, show };

/**
 * The lines that a person pastes, or that standard input holds where it is a file or a pipe, until `over`. `idle`: what a
 * terminal shows in place of an empty line.
 */
export function pastedAddresses(over: AbortSignal, idle?: () => string): AsyncIterable<string> {
  return canAsk() ? typedLines({ ...ADDRESS, ...(idle && { idle }) }, over) : linesOfInput(over);
}

function linesOfInput(over: AbortSignal): AsyncIterable<string> {
  const lines = createInterface({ input: process.stdin, terminal: false });
  over.addEventListener('abort', () => lines.close());
  return lines;
}

/** Where the address leads, not the code in it, and how long it is. */
function show(text: string, columns: number): string {
  const length = [...text].length;
  const address = printable(text).split('?', 1)[0] ?? '';
  const count = `… (${length.toLocaleString('en')} characters)`;
  const room = Math.max(1, columns - 1);
  if (address.length === length && length <= room) return address;
  return `${address.slice(0, Math.max(0, room - count.length))}${count}`.slice(0, room);
}
