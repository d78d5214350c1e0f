import type { Command } from 'commander';
import type { SigilforgeClient } from '../../../client/index.js';
import type { SecretRequestInfo } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { secretLines } from '../../capability/own-words.js';
import { readAnswers } from '../../capability/read-answers.js';

interface Options {
  readonly decline?: true;
  readonly jsonValues?: true;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<ID>', 'the id of the request')
    .option('--decline', 'say no: nothing is saved')
    .option('--json-values', 'read an object of names and values from standard input')
    .action((id: string, options: Options) =>
      options.decline ? decline(context, id) : answer(context, id, options.jsonValues),
    );
  addNotes(command, {
    readsValue: true,
    notes:
      'Each value is asked for, or the only one is all of standard input. A value is text in UTF-8, and never an argument, which others could read. All of them are saved, or none. Only runs of the capability get them.',
    examples: [
      ['sigilforge secret answer ID', 'see who asks for what, and be asked for each value'],
      ['sigilforge secret answer ID < key.txt', 'the only one, from a file'],
      ['sigilforge secret answer ID --json-values < values.json', 'several: {"API_KEY":"…","USER":"…"}'],
      ['sigilforge secret answer ID --decline', 'say no'],
    ],
    seeAlso: ['sigilforge secret requests'],
  });
}

async function answer(context: Context, id: string, isJson = false): Promise<void> {
  const { output } = context;
  const { state, asked } = await withClient(context, async (client) => {
    const request = await findRequest(client, id);
    output.say(`${request.capability} asks for ${namesOf(request)}`);
    for (const line of secretLines(request)) output.say(`  ${line}`);
    const names = request.secrets.map(({ name }) => name);
    const values = await readAnswers(names, { isJson });
    return { state: await client.answerSecretRequest({ request_id: id, values }), asked: request };
  });
  output.result(state, () => output.notice(`Saved for ${asked.capability}: ${namesOf(asked)}`));
}

async function decline(context: Context, id: string): Promise<void> {
  const { output } = context;
  const state = await withClient(context, (client) => client.declineSecretRequest({ request_id: id }));
  output.result(state, () =>
    output.notice(
      state.status === 'declined'
        ? 'Declined. Nothing was saved.'
        : `This request was over already: ${state.status}.`,
    ),
  );
}

/** Throws `not_found`, also for one that is over. */
async function findRequest(client: SigilforgeClient, id: string): Promise<SecretRequestInfo> {
  const { requests } = await client.listSecretRequests();
  const request = requests.find((one) => one.id === id);
  if (request) return request;
  const { status } = await client.waitSecretRequest({ request_id: id, timeout_s: 0 });
  throw new SigilforgeError('not_found', `This request is over: ${status}.`, {
    hint: 'Set a secret without a request with: sigilforge capability secret set NAME KEY',
  });
}

function namesOf({ secrets }: SecretRequestInfo): string {
  return secrets.map(({ name }) => name).join(', ');
}
