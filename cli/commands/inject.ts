import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import { resolveReferences } from '../access/references.js';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { replaceFile } from '../inject/replace-file.js';
import { parseTemplate } from '../inject/template.js';

interface Options {
  readonly input?: string;
  readonly output?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .option('-i, --input <TEMPLATE>', 'the template; standard input without it')
    .option('-o, --output <FILE>', 'the file to write (0600); standard output without it')
    .action((options: Options) => inject(context, options));
  addNotes(command, {
    notes:
      'Replaces each {{ REF }} by its value. If any of them fails, nothing is written and an old file stays as it is.\nPrefer sigilforge exec, which leaves no file behind, where the program can be started by it.',
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
  else replaceFile(output, content);
}

async function readTemplate(file: string | undefined): Promise<Buffer> {
  if (file === undefined) {
    if (!process.stdin.isTTY) return buffer(process.stdin);
    throw badArgument('There is no template.', 'Name it with -i, or pipe it in.');
  }
  try {
    return await readFile(file);
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : 'unknown';
    throw badArgument(`The template ${file} cannot be read (${code}).`);
  }
}
