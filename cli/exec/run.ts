import { closeSync } from 'node:fs';
import { inheritedWayIn } from '../../client/descriptor/checked.js';
import { asSigilforgeError } from '../../shared/errors.js';
import { formsOf } from '../../shared/mask/forms.js';
import { SHORTEST } from '../../shared/mask/mask.js';
import type { Needle } from '../../shared/mask/needle.js';
import { resolveReferences } from '../access/references.js';
import type { Context } from '../arguments/context.js';
import { inheritedDescriptors } from '../arguments/descriptors.js';
import { environmentOf, writeFiles } from './environment.js';
import { type Grant, openGrant } from './grant/grant.js';
import { readGrants } from './grant/options.js';
import { closeInlets, hasMemoryFiles, type Inlet, openInlets } from './inlets.js';
import { launcherFor } from './launch.js';
import type { StdioList } from './output/afterwards.js';
import {
  groupOutputs,
  type Outlet,
  type OutputGroups,
  openOutlets,
  openTerminalOutlet,
  type Relays,
  relayAll,
} from './output/outlets.js';
import { FAILED_BEFORE, runToEnd, StartError } from './program.js';
import { type ExecOptions, type ExecRequest, readRequest } from './request/request.js';
import { Signals } from './signals.js';
import { createWorkspace, removeLeftovers, type Workspace } from './workspace.js';

/** A program, and all that it gets. */
interface Run {
  readonly command: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly request: ExecRequest;
  readonly values: ReadonlyMap<string, Buffer>;
  /** What must not show in its output. */
  readonly needles: readonly Needle[];
  /** The outputs that are masked. */
  readonly outputs: OutputGroups;
  /** The descriptors that it inherits, besides the first three. */
  readonly inherited: readonly number[];
  /** The way to the daemon that it inherits, which is not closed here: this process may use it. */
  readonly wayIn: number | undefined;
  readonly grant: Grant | undefined;
  /** The signals and limits that it gets: see `takeBegan`. */
  readonly began: string | undefined;
}

/** Runs a program with the values of its references. The exit code of this process is that of the program. */
export async function execute(
  context: Context,
  command: readonly string[],
  options: ExecOptions,
): Promise<void> {
  const signals = new Signals();
  removeLeftovers();
  const request = await readRequest(options, process.env);
  const granted = readGrants(options);
  const values = await resolveReferences(context, referencesOf(request));
  const environment = environmentOf(request, values, process.env);
  const wayIn = inheritedWayIn();
  const inherited = inheritedDescriptors(context.descriptors).filter(
    // A program that is granted something gets no more by another way.
    (fd) => granted === undefined || fd !== wayIn,
  );
  const groups = groupOutputs({
    terminals: options.mask === true,
    inherited,
    replaced: request.descriptors,
  });
  const isMasked = options.mask !== false && (groups.files.length > 0 || groups.terminal !== undefined);
  const needles = isMasked ? needlesOf(context, values) : [];
  const outputs = needles.length > 0 ? groups : NO_OUTPUTS;
  const taken = [...inherited, ...request.descriptors.keys()];
  const { began } = context;
  const grant = granted && (await openGrant(context, granted, command, taken));
  try {
    const { exitCode, hidden } = await run(
      { command, environment, request, values, needles, outputs, inherited, wayIn, grant, began },
      signals,
    );
    if (hidden > 0) context.output.notice(hiddenNotice(hidden));
    process.exitCode = exitCode;
  } catch (thrown) {
    const failed =
      thrown instanceof StartError ? thrown : new StartError(asSigilforgeError(thrown), FAILED_BEFORE);
    context.output.fail(failed.error);
    process.exitCode = failed.exitCode;
  } finally {
    grant?.close();
  }
}

function referencesOf({ variables, files, descriptors }: ExecRequest): string[] {
  return [...variables.values(), ...files.values(), ...descriptors.values()];
}

function needlesOf({ output }: Context, values: ReadonlyMap<string, Buffer>): Needle[] {
  for (const [reference, { length }] of values) {
    if (length === 0 || length >= SHORTEST) continue;
    output.warn(`The value of ${reference} is shorter than ${SHORTEST} bytes, so it is not masked.`);
  }
  return formsOf(values.values());
}

function hiddenNotice(count: number): string {
  const times = count === 1 ? 'once' : `${count} times`;
  return `A value was hidden in the output ${times}. To leave values as they are: --no-mask`;
}

/** How a program has ended, and how often something was hidden in its output. */
interface Ending {
  readonly exitCode: number;
  readonly hidden: number;
}

/** Runs the program to its end. All that was made for it is removed when it has exited. */
async function run(run: Run, signals: Signals): Promise<Ending> {
  const { files, terminal } = run.outputs;
  const inputs = [...run.request.descriptors].map(
    ([fd, reference]) => [fd, run.values.get(reference) ?? Buffer.alloc(0)] as const,
  );
  const needsFolder = run.request.files.size > 0 || (inputs.length > 0 && !hasMemoryFiles());
  const launcher = launcherFor(run.began, terminal, descriptorsOf(run));
  const pipes = files.length + (terminal ? 1 : 0);
  const workspace = openWorkspace(pipes, { required: needsFolder });
  let relays: Relays = NO_RELAYS;
  try {
    const outlets = openOutlets(files, workspace?.pipes);
    if (launcher?.terminal)
      outlets.push(openTerminalOutlet(launcher.terminal, workspace?.pipes[files.length]));
    const inlets = openInlets(inputs, hasMemoryFiles() ? undefined : workspace?.folder);
    const env = {
      ...run.environment,
      ...(workspace && writeFiles(run.request, run.values, workspace.folder)),
      ...run.grant?.variables,
    };
    signals.listen();
    const stdio = stdioOf(run, outlets, inlets);
    const passOn = () => relays.passOn();
    const exitCode = await runToEnd({ ...run, env, stdio, launcher, passOn }, (child) => {
      signals.started(child);
      closeInlets(inlets);
      run.grant?.started();
      // A reader at the other end sees the end when the program closes its own.
      for (const fd of run.inherited) if (fd !== run.wayIn) closeSync(fd);
      relays = relayAll(outlets, child, run.needles, [...run.values.values()]);
    });
    signals.ended();
    await relays.finish();
    return { exitCode, hidden: relays.hidden };
  } finally {
    signals.ended();
    workspace?.remove();
  }
}

const NO_RELAYS: Relays = {
  hidden: 0,
  passOn: () => Promise.resolve(),
  finish: () => Promise.resolve(),
};

const NO_OUTPUTS: OutputGroups = { files: [], terminal: undefined };

/** A private folder. If it cannot be made, files have no other place, but there is another kind of pipe. */
function openWorkspace(pipes: number, { required }: { readonly required: boolean }): Workspace | undefined {
  if (pipes === 0 && !required) return undefined;
  try {
    return createWorkspace(pipes);
  } catch (thrown) {
    if (required) throw thrown;
    return undefined;
  }
}

/** All that the program has from the start. */
function descriptorsOf({ inherited, request, grant }: Run): number[] {
  return [...inherited, ...request.descriptors.keys(), ...(grant ? [grant.fd] : [])];
}

/** An output and a value to read take the place of what is inherited. */
function stdioOf({ inherited, grant }: Run, outlets: readonly Outlet[], inlets: readonly Inlet[]): StdioList {
  const stdio: StdioList = [0, 1, 2];
  for (const fd of inherited) stdio[fd] = fd;
  for (const { outputs, channel } of outlets) {
    for (const output of outputs) stdio[output] = channel.stdio;
  }
  for (const { fd, source } of inlets) stdio[fd] = source;
  if (grant) stdio[grant.fd] = grant.source;
  // A descriptor that is not listed stays closed.
  return Array.from(stdio, (end) => end ?? 'ignore');
}
