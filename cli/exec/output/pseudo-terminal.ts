import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, fstatSync, openSync, readdirSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Channel, Source } from './channels.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface PseudoTerminal extends Channel<Source> {
  resize(size: Size): void;
}

/**
 * A terminal only for the program's output. The real one stays its controlling terminal and its input, so that keys,
 * signals and job control work as usual, while the program still sees a terminal with colours and a width.
 */
export async function openPseudoTerminal(size: Size): Promise<PseudoTerminal> {
  const terminal = await open(size);
  // The library's own slave descriptor is non-blocking, which few programs can handle.
  const theirs = openSync(terminal.ptsName, constants.O_RDWR | constants.O_NOCTTY);
  await closeOthers(terminal.slave, theirs);
  terminal.master.unref();
  // No carriage returns are added here: the real terminal adds them.
  spawnSync('stty', ['-opost'], { stdio: [theirs, 'ignore', 'ignore'] });
  return {
    stdio: theirs,
    leaked: terminal.fd,
    attach() {
      closeSync(theirs);
      return { stream: terminal.master.ref(), fd: terminal.fd };
    },
    resize: ({ columns, rows }) => terminal.resize(columns, rows),
  };
}

/** What the library's `open` returns; its types leave that out. Its `destroy` and `kill` would signal every process. */
interface Terminal {
  readonly master: ReadStream;
  readonly slave: ReadStream;
  readonly ptsName: string;
  readonly fd: number;
  resize(columns: number, rows: number): void;
}

/**
 * Closes every other descriptor for the slave, so that we see EIO when the program closes its own. The stream has opened
 * the terminal a second time, and does not close the descriptor it was made from.
 */
async function closeOthers(stream: ReadStream, theirs: number): Promise<void> {
  stream.destroy();
  await once(stream, 'close');
  const terminal = fstatSync(theirs).rdev;
  for (const name of readdirSync('/dev/fd')) {
    const fd = Number(name);
    if (fd > 2 && fd !== theirs && deviceOf(fd) === terminal) closeSync(fd);
  }
}

/** The device behind a descriptor. The one that was used to list them is closed by now. */
function deviceOf(fd: number): number | undefined {
  try {
    return fstatSync(fd).rdev;
  } catch {
    return undefined;
  }
}

async function open({ columns, rows }: Size): Promise<Terminal> {
  const library = await loadLibrary();
  let cause: unknown;
  try {
    if (canOpen(library)) {
      const terminal = library.open({ cols: columns, rows, encoding: null });
      if (isTerminal(terminal)) return terminal;
    }
  } catch (thrown) {
    cause = thrown;
  }
  throw new SigilforgeError('external', 'A pseudo-terminal cannot be opened here.', {
    hint: 'Leave out --mask, or send the output to a file or a pipe.',
    cause,
  });
}

/** It is native, with builds for some systems. */
async function loadLibrary(): Promise<unknown> {
  try {
    return await import('@lydell/node-pty');
  } catch (cause) {
    throw new SigilforgeError(
      'external',
      `There are no pseudo-terminals here: @lydell/node-pty has no build for ${systemName()}.`,
      { hint: 'Leave out --mask, or send the output to a file or a pipe.', cause },
    );
  }
}

/** As in the names of native packages: linux-x64, or linux-x64-musl where the C library is not glibc. */
function systemName(): string {
  const name = `${process.platform}-${process.arch}`;
  return process.platform === 'linux' && !usesGlibc() ? `${name}-musl` : name;
}

function usesGlibc(): boolean {
  const report: { header?: { glibcVersionRuntime?: string } } = process.report.getReport();
  return report.header?.glibcVersionRuntime !== undefined;
}

function canOpen(library: unknown): library is { open(options: object): unknown } {
  return (
    typeof library === 'object' && library !== null && 'open' in library && typeof library.open === 'function'
  );
}

function isTerminal(value: unknown): value is Terminal {
  return (
    typeof value === 'object' &&
    value !== null &&
    'master' in value &&
    value.master instanceof ReadStream &&
    'slave' in value &&
    value.slave instanceof ReadStream &&
    'ptsName' in value &&
    'fd' in value &&
    'resize' in value
  );
}
