import type { ChildProcess } from 'node:child_process';
import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { type Channel, outOfProgram } from './channels.js';
import { Mask } from './mask.js';
import { relay } from './relay.js';

/** Standard output or standard error. */
export type Output = 1 | 2;

/** A way for what the program writes through this process. It serves both outputs where they are one file or terminal. */
export interface Outlet {
  readonly outputs: readonly Output[];
  readonly channel: Channel<Readable>;
}

/** The outputs that are masked, each group by an outlet of its own: no terminals, unless `terminals` are meant too. */
export function groupOutputs(terminals: boolean): { files: Output[][]; terminal: Output[] } {
  const all: Output[] = [1, 2];
  const files = all.filter((output) => !isatty(output));
  return {
    files: files.length === 2 && isSameFile() ? [files] : files.map((output) => [output]),
    terminal: terminals ? all.filter((output) => isatty(output)) : [],
  };
}

/** Outlets by these pipes. Without them each output has a pair of sockets, which cannot be shared. */
export function openOutlets(groups: readonly Output[][], pipes: readonly string[] | undefined): Outlet[] {
  return groups.flatMap((outputs, index) =>
    pipes === undefined
      ? outputs.map((output) => ({ outputs: [output], channel: outOfProgram(undefined) }))
      : [{ outputs, channel: outOfProgram(pipes[index]) }],
  );
}

/** An outlet by a pseudo-terminal that has the size of the real one, and gets its new one before the program looks. */
export async function openTerminalOutlet(outputs: readonly Output[]): Promise<Outlet> {
  const { openPseudoTerminal } = await import('./pseudo-terminal.js');
  const screen = outputs.includes(1) ? process.stdout : process.stderr;
  const terminal = await openPseudoTerminal(screen);
  const attach = (child: ChildProcess): Readable => {
    screen.on('resize', () => {
      terminal.resize(screen);
      // The real terminal has told the program already, perhaps before there was a new size to see.
      child.kill('SIGWINCH');
    });
    return terminal.attach(child, 1);
  };
  return { outputs, channel: { ...terminal, attach } };
}

/** Passes on all that comes through the outlets, masked. Resolves when nothing more can come. */
export async function relayAll(
  outlets: readonly Outlet[],
  child: ChildProcess,
  needles: readonly Buffer[],
): Promise<void> {
  const relays = outlets.map(({ outputs: [output = 1], channel }) =>
    relay(channel.attach(child, output), new Mask(needles), output === 1 ? process.stdout : process.stderr),
  );
  await Promise.all(relays);
}

function isSameFile(): boolean {
  const [one, two] = [fstatSync(1), fstatSync(2)];
  return one.dev === two.dev && one.ino === two.ino;
}
