import type { ChildProcess } from 'node:child_process';
import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { type Channel, outOfProgram } from './channels.js';
import { Mask } from './mask.js';
import { relay } from './relay.js';

/** The descriptor of standard output or standard error. */
export type OutputDescriptor = 1 | 2;

/** Carries what the program writes through this process. One outlet serves both outputs if they are the same file. */
export interface Outlet {
  readonly outputs: readonly OutputDescriptor[];
  readonly channel: Channel<Readable>;
}

/** The outputs to mask, each inner list with one outlet, and those that are terminals. */
export interface OutputGroups {
  readonly files: readonly (readonly OutputDescriptor[])[];
  readonly terminal: readonly OutputDescriptor[];
}

/** The outputs to mask, each group with an outlet of its own. Terminals are included only with `terminals`. */
export function groupOutputs({ terminals }: { readonly terminals: boolean }): OutputGroups {
  const all: OutputDescriptor[] = [1, 2];
  const files = all.filter((output) => !isatty(output));
  return {
    files: files.length === 2 && isSameFile() ? [files] : files.map((output) => [output]),
    terminal: terminals ? all.filter((output) => isatty(output)) : [],
  };
}

/** An outlet for each group, through these pipes. Without pipes each output has its own sockets, which it cannot share. */
export function openOutlets(groups: OutputGroups['files'], pipes: readonly string[] | undefined): Outlet[] {
  return groups.flatMap((outputs, index) =>
    pipes === undefined
      ? outputs.map((output) => ({ outputs: [output], channel: outOfProgram(undefined) }))
      : [{ outputs, channel: outOfProgram(pipes[index]) }],
  );
}

/** An outlet through a pseudo-terminal that follows the size of the real one, and has it before the program asks. */
export async function openTerminalOutlet(outputs: readonly OutputDescriptor[]): Promise<Outlet> {
  const { openPseudoTerminal } = await import('./pseudo-terminal.js');
  const screen = outputs.includes(1) ? process.stdout : process.stderr;
  const terminal = await openPseudoTerminal(screen);
  const attach = (child: ChildProcess): Readable => {
    screen.on('resize', () => {
      terminal.resize(screen);
      // The real terminal has signalled the program already, perhaps before the new size was set here.
      child.kill('SIGWINCH');
    });
    return terminal.attach(child, 1);
  };
  return { outputs, channel: { ...terminal, attach } };
}

/** Passes on all that comes through the outlets, masked. Resolves when every outlet has ended. */
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
  const [stdout, stderr] = [fstatSync(1), fstatSync(2)];
  return stdout.dev === stderr.dev && stdout.ino === stderr.ino;
}
