import type { ChildProcess } from 'node:child_process';
import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { isWritable } from '../arguments/descriptors.js';
import { type Channel, outOfProgram } from './channels.js';
import { Mask } from './mask.js';
import { relay } from './relay.js';

/** Where this process writes: standard output or standard error. */
type Target = 1 | 2;

/** Descriptors of the program that lead to one file, so that they share an outlet. */
export interface OutputGroup {
  readonly target: Target;
  readonly outputs: readonly number[];
}

/** Carries what the program writes through this process. */
export interface Outlet extends OutputGroup {
  readonly channel: Channel<Readable>;
}

/** The outputs to mask: each file, and the terminal. */
export interface OutputGroups {
  readonly files: readonly OutputGroup[];
  readonly terminal: OutputGroup | undefined;
}

/**
 * The outputs to mask, each group with an outlet of its own. `inherited` descriptors that are the same file as an output
 * (`3>&1` in a shell) belong to it. Terminals are included only with `terminals`.
 */
export function groupOutputs(options: {
  readonly terminals: boolean;
  readonly inherited: readonly number[];
}): OutputGroups {
  const writable = options.inherited.filter(isWritable);
  const group = (target: Target, ...more: Target[]): OutputGroup => ({
    target,
    outputs: [target, ...more, ...writable.filter((fd) => isSameFile(fd, target))],
  });
  const [files, terminals] = [[], []] as [Target[], Target[]];
  for (const output of [1, 2] as const) (isatty(output) ? terminals : files).push(output);
  const [screen, ...others] = options.terminals ? terminals : [];
  const isOneFile = files.length === 2 && isSameFile(1, 2);
  return {
    files: isOneFile ? [group(1, 2)] : files.map((file) => group(file)),
    terminal: screen && group(screen, ...others),
  };
}

/** An outlet for each group, through these pipes. Without pipes each output has its own sockets, which it cannot share. */
export function openOutlets(groups: OutputGroups['files'], pipes: readonly string[] | undefined): Outlet[] {
  return groups.flatMap(({ target, outputs }, index) =>
    pipes === undefined
      ? outputs.map((output) => ({ target, outputs: [output], channel: outOfProgram(undefined) }))
      : [{ target, outputs, channel: outOfProgram(pipes[index]) }],
  );
}

/** An outlet through a pseudo-terminal that follows the size of the real one, and has it before the program asks. */
export async function openTerminalOutlet(group: OutputGroup): Promise<Outlet> {
  const { openPseudoTerminal } = await import('./pseudo-terminal.js');
  const screen = streamOf(group.target);
  const terminal = await openPseudoTerminal(screen);
  const attach = (child: ChildProcess): Readable => {
    screen.on('resize', () => {
      terminal.resize(screen);
      // The real terminal has signalled the program already, perhaps before the new size was set here.
      child.kill('SIGWINCH');
    });
    return terminal.attach(child, 1);
  };
  return { ...group, channel: { ...terminal, attach } };
}

/** Passes on all that comes through the outlets, masked. Resolves when every outlet has ended. */
export async function relayAll(
  outlets: readonly Outlet[],
  child: ChildProcess,
  needles: readonly Buffer[],
): Promise<void> {
  const relays = outlets.map(({ target, outputs: [output = target], channel }) =>
    relay(channel.attach(child, output), new Mask(needles), streamOf(target)),
  );
  await Promise.all(relays);
}

function streamOf(target: Target): NodeJS.WriteStream {
  return target === 1 ? process.stdout : process.stderr;
}

function isSameFile(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one), fstatSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}
