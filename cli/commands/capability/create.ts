import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import * as v from 'valibot';
import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { CapabilityName } from '../../../shared/manifest.js';
import { withPathErrors } from '../../../shared/path-error.js';
import { readChoice } from '../../arguments/choices.js';
import { badArgument, type Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { RUNNERS, type Runner, type TemplateFile, templateOf } from '../../capability/templates.js';

interface Options {
  readonly runner: Runner;
  readonly at?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'what it is called, such as weather')
    .option(
      '--runner <RUNNER>',
      'python, node or command',
      (text): Runner => readChoice('--runner', text, RUNNERS),
      'python',
    )
    .option('--at <FOLDER>', 'the folder to make; by default one of its name here')
    .action((name: string, options: Options) => create(context, name, options));
  addNotes(command, {
    notes:
      'It writes a manifest.json and a program that runs. Nothing is registered by it, and no file is replaced.',
    examples: [
      ['sigilforge capability create weather --runner python', 'in Python, in the folder weather'],
      ['sigilforge capability create weather --runner node --at src/weather', 'in JavaScript, elsewhere'],
    ],
    seeAlso: ['sigilforge capability add'],
  });
}

function create({ output }: Context, name: string, { runner, at = name }: Options): void {
  if (!v.is(CapabilityName, name)) {
    throw badArgument(
      'NAME is not a name of 1 to 64 letters (a to z), digits and . _ -, beginning with a letter or a digit.',
    );
  }
  const folder = path.resolve(at);
  makeFolder(folder);
  const files = templateOf(name, runner);
  for (const file of files) write(folder, file);
  const shown = path.isAbsolute(at) || at.startsWith('.') ? at : `./${at}`;
  output.result({ folder, files: files.map((file) => file.name) }, () => {
    output.notice(`${shown} has a first capability. Register it with: sigilforge capability add ${shown}`);
  });
}

/** A folder that is there already belongs to something else. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(path.dirname(folder), { recursive: true });
    // Whatever the umask: what other users can change would not be registered.
    mkdirSync(folder, { mode: 0o755 });
  } catch (thrown) {
    if (isErrno(thrown, 'EEXIST')) throw taken(folder);
    withPathErrors(folder, () => {
      throw thrown;
    });
  }
}

function write(folder: string, { name, text, isExecutable = false }: TemplateFile): void {
  const file = path.join(folder, name);
  withPathErrors(file, () => writeFileSync(file, text, { flag: 'wx', mode: isExecutable ? 0o755 : 0o644 }));
}

function taken(folder: string): SigilforgeError {
  return new SigilforgeError('already_exists', `${folder} is there already.`, {
    hint: 'Name another folder with --at, or move that one away.',
  });
}
