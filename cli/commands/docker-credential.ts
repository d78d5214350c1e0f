import type { Command } from 'commander';
import { asSigilforgeError } from '../../shared/errors.js';
import { printable } from '../../shared/printable.js';
import { VERSION } from '../../shared/version.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { eraseLogin, findLogin, keepLogin, listLogins } from '../helpers/docker/logins.js';
import { DockerError, printLogin, readLogin, readServer } from '../helpers/docker/messages.js';
import { readStandardInput } from '../terminal/standard-input.js';

/** A secret has at most 256 KiB, and JSON may need six characters for one. */
const MAX_INPUT_BYTES = 2 * 1024 * 1024;

const USAGE = 'Usage: docker-credential-sigilforge <store|get|erase|list|version>';

export function configure(command: Command, context: Context): void {
  command
    .argument('[ACTION]', 'get, store, erase, list or version')
    .action((action?: string) => serve(context, action));
  addNotes(command, {
    readsValue: true,
    notes:
      'The protocol of docker-credential-helpers, for docker, podman, skopeo and buildah, which start docker-credential-sigilforge. Errors are on standard output, as docker wants them.',
    examples: [
      ['sigilforge helper install docker --host ghcr.io', 'set it up'],
      ['echo ghcr.io | sigilforge docker-credential get', 'what docker asks'],
    ],
    seeAlso: ['sigilforge helper install'],
  });
}

/** Answers as docker's own helpers do: exit status 1 for every error, whose text is the answer. */
async function serve(context: Context, action: string | undefined): Promise<void> {
  const { output } = context;
  try {
    const answer = await answerTo(context, action);
    if (answer !== undefined) output.value(answer);
  } catch (thrown) {
    output.value(textOf(thrown));
    process.exitCode = 1;
  }
}

async function answerTo(context: Context, action: string | undefined): Promise<string | undefined> {
  switch (action) {
    case 'get': {
      const server = readServer(await readInput());
      const login = await withClient(context, (client) => findLogin(client, server));
      return printLogin({ ServerURL: server, ...login });
    }
    case 'store': {
      const login = readLogin(await readInput());
      await withClient(context, (client) => keepLogin(client, login));
      return undefined;
    }
    case 'erase': {
      const server = readServer(await readInput());
      await withClient(context, (client) => eraseLogin(client, server));
      return undefined;
    }
    case 'list':
      return JSON.stringify(await withClient(context, listLogins));
    case 'version':
      return `docker-credential-sigilforge (sigilforge) ${VERSION}`;
    default:
      throw new DockerError(
        action === undefined ? USAGE : `Unknown credential action \`${printable(action)}\``,
      );
  }
}

async function readInput(): Promise<string> {
  return (await readStandardInput('The request', MAX_INPUT_BYTES)).toString('utf8');
}

/** Docker compares some texts, and shows all others in one line. */
function textOf(thrown: unknown): string {
  if (thrown instanceof DockerError) return thrown.message;
  const { message, hint } = asSigilforgeError(thrown);
  return printable(`${message} ${hint}`.replace(/\s*\n\s*/g, ' '));
}
