import type { Command } from 'commander';
import { variableName } from '../../client/references/variables.js';
import type { ParamsOf } from '../../shared/contract/index.js';
import { FlowKind } from '../../shared/schemas.js';
import { openClient } from '../access/client.js';
import { readChoice, readScopes } from '../arguments/choices.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { append, readParams } from '../arguments/pairs.js';
import { type CredentialOptions, chooseFlow, readCredential } from '../sign-in/credential.js';
import { signInGuided } from '../sign-in/guided.js';
import { nextSteps } from '../sign-in/next-steps.js';
import type { SignedIn } from '../sign-in/sign-in.js';
import { withStartAgain } from '../sign-in/start-again.js';

interface Options extends CredentialOptions {
  readonly scopes?: string[];
  readonly provider?: string;
  readonly issuer?: string;
  readonly browser: boolean;
  readonly replace?: boolean;
  readonly withoutRefresh?: boolean;
  readonly param?: string[];
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<SERVICE>', 'the service, such as github: the name that programs ask for')
    .argument('<ACCOUNT>', 'a name of your choice for this sign-in, such as work or me')
    .option('--scopes <A,B>', "the scopes to ask for, instead of the provider's default", readScopes)
    .option('--flow <FLOW>', `one of ${FlowKind.options.join(', ')}`, readFlow)
    .option('--provider <ID>', 'the provider, if its name is not that of the service')
    .option('--client-id <ID>', 'the client to sign in with, instead of the one set for the provider')
    .option('--issuer <URL>', 'the address of a self-managed host or another OpenID provider')
    .option('--param <NAME=VALUE>', 'one more parameter for its requests; may be repeated', append)
    .option('--no-browser', 'do not open a browser; paste the address it was redirected to')
    .option('--replace', 'sign in again to an existing account')
    .option('--without-refresh', 'with --replace: even if that loses the refresh token of the account')
    .option('--api-key', 'store an API key, asked for or read from standard input')
    .option(
      '--key-file <PATH>',
      "sign in with this private key, or a service account's whole key file (-: standard input)",
    )
    .option('--app-id <N>', 'with --key-file: the id of a GitHub App')
    .option('--installation-id <N>', 'with --key-file: the id of the installation of the GitHub App')
    .action((service: string, account: string, options: Options) =>
      addAccount(context, service, account, options),
    );
  addNotes(command, {
    readsValue: true,
    notes:
      'A client id is also taken from the variable SIGILFORGE_SERVICE_CLIENT_ID. A secret is never an argument: it is asked for on a terminal, and otherwise read from standard input. With a GitHub App --scopes names permissions, such as contents:read,issues:write.\nA parameter such as audience or resource goes to every request that it makes sense in, and refreshes repeat these two. One that stands in braces in the addresses of the provider, such as {region}, is filled in there instead.',
    examples: [
      ['sigilforge add-account github work', 'sign in with the browser'],
      ['sigilforge add-account github work --flow device_code', 'sign in on another device'],
      ['sigilforge add-account corp me --param audience=https://api.example.org', 'a token for one API'],
      ['sigilforge add-account openai me --api-key < key.txt', 'store an API key'],
      ['sigilforge add-account google robot --key-file key.json', 'a Google service account'],
      [
        'sigilforge add-account github bot --key-file app.pem --app-id 12 --installation-id 34',
        'a GitHub App',
      ],
    ],
    seeAlso: ['sigilforge provider set', 'sigilforge list-accounts'],
  });
}

async function addAccount(
  context: Context,
  service: string,
  account: string,
  options: Options,
): Promise<void> {
  try {
    const { account: added, notices } = await signInAs(context, service, account, options);
    const { output } = context;
    for (const notice of notices) output.warn(notice);
    output.result(added, () => output.value(`${added.service}/${added.account}`));
    if (output.isWatched && !output.quiet && !output.json)
      for (const line of nextSteps(added)) output.say(line);
  } catch (thrown) {
    throw withStartAgain(thrown, process.argv.slice(2));
  }
}

async function signInAs(
  context: Context,
  service: string,
  account: string,
  options: Options,
): Promise<SignedIn> {
  const { output } = context;
  const request = { service, account, ...(await readRequest(context, service, options)) };
  const client = await openClient(context);
  try {
    return await signInGuided({ client, output }, request, options);
  } finally {
    await client.close();
  }
}

async function readRequest(
  { output }: Context,
  service: string,
  options: Options,
): Promise<Omit<ParamsOf<'add_account'>, 'service' | 'account'>> {
  const flow = chooseFlow(options);
  const credential = await readCredential(output, flow, options);
  // A private key replaces the provider's client.
  const usual = options.keyFile === undefined ? process.env[variableName(service, 'CLIENT_ID')] : undefined;
  const client_id = options.clientId ?? usual;
  return {
    ...(options.scopes && { scopes: options.scopes }),
    ...(flow && { flow }),
    ...(options.provider && { provider: options.provider }),
    ...(options.replace && { replace: true }),
    ...(options.withoutRefresh && { without_refresh: true }),
    ...(credential && { credential }),
    ...(options.issuer && { issuer: options.issuer }),
    ...(client_id && { client_id }),
    ...(options.param && { params: readParams(options.param) }),
  };
}

function readFlow(text: string): FlowKind {
  return readChoice('--flow', text, FlowKind.options);
}
