import path from 'node:path';
import type { Command } from 'commander';
import { asSigilforgeError } from '../../../shared/errors.js';
import { withClient } from '../../access/client.js';
import { badArgument, type Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import type { Unpacked } from '../../capability/archive/index.js';
import { grantAsked } from '../../capability/grant-asked.js';
import { isArchive } from '../../capability/is-archive.js';
import { sayNeeds } from '../../capability/needs.js';
import { assertCurrentFolder } from '../../files/named-file.js';
import type { Output } from '../../terminal/output.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<PATH>', 'the folder with its manifest.json, or a zip archive of one')
    .option('--at <FOLDER>', 'the folder to unpack an archive into; by default one of its name here')
    .action((name: string, options: { at?: string }) => addCapability(context, name, options.at));
  addNotes(command, {
    notes:
      'The SHA-256 of every file is recorded: a later change stops the next run, until you trust it. What the manifest asks for is granted by nothing but your answer, here on a terminal or later with capability grant.\nThis command unpacks an archive itself, into a new folder: the daemon, which holds your tokens, reads no archives. Links, paths that lead out of the folder, passwords and zip bombs are refused, and nothing is left then.',
    examples: [
      ['sigilforge capability add ./weather', 'register it, and be asked for each grant'],
      ['sigilforge capability add ./weather --json', 'the same for a program, which grants nothing'],
      [
        'sigilforge capability add weather.zip --at src/weather',
        'unpack an archive there, and register that',
      ],
    ],
    seeAlso: ['sigilforge capability create', 'sigilforge capability grant', 'sigilforge capability trust'],
  });
}

async function addCapability(context: Context, name: string, at: string | undefined): Promise<void> {
  const { output } = context;
  const isPacked = isArchive(name);
  if (at !== undefined && !isPacked) throw badArgument('--at is for zip archives only, and PATH is not one.');
  const capability = await withClient(context, async (client) => {
    const source = isPacked ? await unpacked(output, name, at) : { folder: path.resolve(name) };
    const added = await output
      .waiting('Reading its files…', client.registerCapability({ path: source.folder }))
      .catch((thrown) => giveUp(output, source, thrown));
    return grantAsked(client, output, added.capability);
  });
  output.result({ capability }, () => {
    const { name, version, file_count } = capability;
    output.notice(
      `${name} ${version} is registered, with ${file_count} ${file_count === 1 ? 'file' : 'files'}.`,
    );
    sayNeeds(output, capability);
  });
}

/** The folder of a capability, and what takes it away again if it was made for it. */
type Source = Pick<Unpacked, 'folder'> & Partial<Unpacked>;

async function unpacked(output: Output, archive: string, at: string | undefined): Promise<Source> {
  assertCurrentFolder(at ?? '.');
  const { unpackArchive } = await import('../../capability/archive/index.js');
  const source = await output.waiting('Unpacking it…', unpackArchive(archive, at));
  output.notice(`${archive} was unpacked into ${source.folder}.`);
  return source;
}

/** After these it may have been registered nevertheless, and then its folder is needed. */
const UNSURE: ReadonlySet<string> = new Set(['cancelled', 'daemon_unavailable', 'timeout']);

function giveUp(output: Output, { folder, remove }: Source, thrown: unknown): never {
  if (remove === undefined) throw thrown;
  if (UNSURE.has(asSigilforgeError(thrown).kind))
    output.warn(`${folder} stays, because it may be registered. See: sigilforge capability list`);
  else remove();
  throw thrown;
}
