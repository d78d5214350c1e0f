import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { errnoOf } from '../../shared/errno.js';
import { resolveReferences } from '../access/references.js';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { assertCurrentFolder, namedFile } from '../files/named-file.js';
import { filtered } from '../inject/filters.js';
import { parseTemplate, type Slot } from '../inject/template.js';
import { readStandardInput } from '../terminal/standard-input.js';

interface Options {
  readonly input?: string;
  readonly output?: string;
  readonly strict?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .option('-i, --input <TEMPLATE>', 'the template; default, and -: standard input')
    .option('-o, --output <FILE>', 'the file to write (0600); default, and -: standard output')
    .option('--strict', 'fail if anything else than a reference stands in {{ }}')
    .action((options: Options) => inject(context, options));
  addNotes(command, {
    notes:
      'Replaces each {{ REF }} with its value; what else stands in {{ }} belongs to another language and is left as it is.\nA filter writes the value in the form that its place needs: {{ REF | json }} a JSON string with its quotes, | shell one quoted word of a shell, | url percent-encoded, | base64. Several are applied from the left.\nIf any reference fails, nothing is written and an existing file stays as it is. FILE is replaced whole, at the end of a link too; a pipe or a device is written into. If you can start the program with sigilforge exec, prefer that: it leaves no file behind.',
    examples: [
      ['sigilforge inject -i app.conf.tmpl -o app.conf', 'fill in a configuration file'],
      ['sigilforge inject < settings.json.tmpl | program --config /dev/stdin', 'without a file'],
      [
        "printf '%s' '{\"password\": {{ secret://db/password | json }}}' | sigilforge inject",
        'a value in JSON',
      ],
    ],
    seeAlso: ['sigilforge exec --file'],
  });
}

async function inject(context: Context, { input, output = '-', strict }: Options): Promise<void> {
  const file = namedFile(context.output, output);
  const parts = parseTemplate(await readTemplate(input), { strict });
  const references = parts.flatMap((part) => ('reference' in part ? [part.reference] : []));
  const values = await resolveReferences(context, references);
  const slotValue = ({ reference, filters, where }: Slot) =>
    filtered(where, values.get(reference) ?? Buffer.alloc(0), filters);
  await file.write(Buffer.concat(parts.map((part) => ('text' in part ? part.text : slotValue(part)))));
}

async function readTemplate(file: string | undefined): Promise<Buffer> {
  if (file === undefined && process.stdin.isTTY) {
    throw badArgument('There is no template.', 'Name a file with -i, or pipe it in.');
  }
  if (file === undefined || file === '-') return readStandardInput('The template');
  assertCurrentFolder(file);
  try {
    return await readFile(file);
  } catch (thrown) {
    throw badArgument(
      `The template ${file} cannot be read (${errnoOf(thrown) ?? 'unknown'}).`,
      'Check the path after -i, and whether you may read the file.',
    );
  }
}
