import type { ChildProcess } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Mask } from '../../../shared/mask/mask.js';
import type { Needle } from '../../../shared/mask/needle.js';
import { isWritable } from '../../arguments/descriptors.js';
import { handOverTo } from './afterwards.js';
import { type Channel, outOfProgram, type Source } from './channels.js';
import { OutputMask } from './output-mask.js';
import { Relay } from './relay.js';
import { runnerOf } from './runners.js';

/** Where this process writes: standard output or standard error. */
type Target = 1 | 2;

/** Descriptors of the program that lead to one file, so that they share an outlet. */
interface OutputGroup {
  readonly target: Target;
  readonly outputs: readonly number[];
}

/** Descriptors of the program that are one terminal, its input among them. */
export interface Terminal {
  readonly target: Target;
  readonly descriptors: readonly number[];
}

/** Carries what the program writes through this process. */
export interface Outlet extends OutputGroup {
  readonly channel: Channel<Source>;
}

/** The outputs to mask: each file, and the terminal. */
export interface OutputGroups {
  readonly files: readonly OutputGroup[];
  readonly terminal: Terminal | undefined;
}

/**
 * The outputs to mask, each group with an outlet of its own. `inherited` descriptors that are the same file as an output
 * (`3>&1` in a shell) belong to it. The terminal is included only with `terminals`, and standard input with it if that is
 * one as well, and not among those that a value takes the place of.
 */
export function groupOutputs(options: {
  readonly terminals: boolean;
  readonly inherited: readonly number[];
  readonly replaced: { has(fd: number): boolean };
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
    terminal: screen && { target: screen, descriptors: descriptorsOf(screen, others, options) },
  };
}

function descriptorsOf(
  screen: Target,
  others: readonly Target[],
  { inherited, replaced }: Pick<Parameters<typeof groupOutputs>[0], 'inherited' | 'replaced'>,
): number[] {
  const copies = inherited.filter((fd) => isSameFile(fd, screen));
  const input = isatty(0) ? [0] : [];
  return [screen, ...others, ...copies, ...input].filter((fd) => !replaced.has(fd));
}

/** An outlet for each group, through these pipes. Without pipes each output has its own sockets, which it cannot share. */
export function openOutlets(groups: OutputGroups['files'], pipes: readonly string[] | undefined): Outlet[] {
  return groups.flatMap(({ target, outputs }, index) =>
    pipes === undefined
      ? outputs.map((output) => ({ target, outputs: [output], channel: outOfProgram(undefined) }))
      : [{ target, outputs, channel: outOfProgram(pipes[index]) }],
  );
}

/** An outlet for what the terminal of the program shows. `sigilforge-run` has its other end as `out`. */
export function openTerminalOutlet(
  { target, out }: Terminal & { readonly out: number },
  pipe: string | undefined,
): Outlet {
  return { target, outputs: [out], channel: outOfProgram(pipe) };
}

/** What passes on all that comes through the outlets, masked. */
export interface Relays {
  /** How often something was hidden in outputs that are not terminals. */
  readonly hidden: number;
  /** Resolves when all that was written so far has been passed on. */
  passOn(): Promise<void>;
  /** The program has exited. Resolves when all that it has written has been passed on. */
  finish(): Promise<void>;
}

export function relayAll(
  outlets: readonly Outlet[],
  child: ChildProcess,
  needles: readonly Needle[],
  values: readonly Buffer[],
): Relays {
  const runner = runnerOf(process.env);
  const relays = outlets.map(({ target, outputs: [output = target], channel }) => ({
    target,
    relay: new Relay(
      channel.attach(child, output),
      new OutputMask(new Mask(needles), runner),
      streamOf(target),
    ),
  }));
  return {
    get hidden() {
      const files = relays.filter(({ target }) => !isatty(target));
      return files.reduce((total, { relay }) => total + relay.replacements, 0);
    },
    async passOn() {
      await Promise.all(relays.map(({ relay }) => relay.passOn()));
    },
    async finish() {
      await Promise.all(relays.map(({ target, relay }) => relay.finish(handOverTo(target, values))));
    },
  };
}

function streamOf(target: Target): NodeJS.WriteStream {
  return target === 1 ? process.stdout : process.stderr;
}

function isSameFile(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one), fstatSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}
