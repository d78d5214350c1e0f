import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { errnoOf } from '../../shared/errno.js';
import { resolveReferences } from '../access/references.js';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { writeOutput } from '../inject/output-file.js';
import { parseTemplate } from '../inject/template.js';
import { readStandardInput } from '../terminal/standard-input.js';

interface Options {
  readonly input?: string;
  readonly output?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .option('-i, --input <TEMPLATE>', 'the template; default: standard input')
    .option('-o, --output <FILE>', 'the file to write (0600); default: standard output')
    .action((options: Options) => inject(context, options));
  addNotes(command, {
    notes:
      'Replaces each {{ REF }} with its value. If any reference fails, nothing is written and an existing file stays as it is. If you can start the program with sigilforge exec, prefer that: it leaves no file behind.',
    examples: [
      ['sigilforge inject -i app.conf.tmpl -o app.conf', 'fill in a configuration file'],
      ['sigilforge inject < settings.json.tmpl | program --config /dev/stdin', 'without a file'],
    ],
    seeAlso: ['sigilforge exec --file'],
  });
}

async function inject(context: Context, { input, output }: Options): Promise<void> {
  const parts = parseTemplate(await readTemplate(input));
  const references = parts.flatMap((part) => ('reference' in part ? [part.reference] : []));
  const values = await resolveReferences(context, references);
  const content = Buffer.concat(
    parts.map((part) => ('text' in part ? part.text : (values.get(part.reference) ?? Buffer.alloc(0)))),
  );
  if (output === undefined) context.output.bytes(content);
  else writeOutput(output, content);
}

async function readTemplate(file: string | undefined): Promise<Buffer> {
  if (file === undefined) {
    if (!process.stdin.isTTY) return readStandardInput('The template');
    throw badArgument('There is no template.', 'Name a file with -i, or pipe it in.');
  }
  try {
    return await readFile(file);
  } catch (thrown) {
    throw badArgument(
      `The template ${file} cannot be read (${errnoOf(thrown) ?? 'unknown'}).`,
      'Check the path after -i, and whether you may read the file.',
    );
  }
}
