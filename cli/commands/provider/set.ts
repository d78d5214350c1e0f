import type { Command } from 'commander';
import type { ParamsOf } from '../../../shared/contract/index.js';
import { ClientAuth } from '../../../shared/schemas.js';
import { withClient } from '../../access/client.js';
import { readChoice, readScopes } from '../../arguments/choices.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { readSecret } from '../../terminal/secret-input.js';

interface Options {
  readonly issuer?: string;
  readonly clientId?: string;
  readonly clientSecret?: boolean;
  readonly scopes?: string[];
  readonly redirectUri?: string;
  readonly clientAuth?: ClientAuth;
  readonly authorizationEndpoint?: string;
  readonly tokenEndpoint?: string;
  readonly deviceAuthorizationEndpoint?: string;
  readonly revocationEndpoint?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<ID>', 'the provider, such as github, or a new name')
    .option('--issuer <URL>', 'its issuer, where its endpoints are discovered')
    .option('--client-id <ID>', 'the client that you registered')
    .option('--client-secret', "the client's secret, asked for or read from standard input")
    .option('--scopes <A,B>', 'the scopes to ask for by default', readScopes)
    .option('--redirect-uri <URL>', 'the redirect URI that you registered')
    .option('--client-auth <METHOD>', `one of ${ClientAuth.options.join(', ')}`, (text) =>
      readChoice('--client-auth', text, ClientAuth.options),
    )
    .option('--authorization-endpoint <URL>', 'where a person signs in')
    .option('--token-endpoint <URL>', 'where tokens are issued')
    .option('--device-authorization-endpoint <URL>', 'where the device flow starts')
    .option('--revocation-endpoint <URL>', 'where tokens are revoked')
    .action((id: string, options: Options) => setProvider(context, id, options));
  addNotes(command, {
    examples: [
      ['sigilforge provider set github --client-id Iv1.0123456789abcdef', 'a client without a secret'],
      ['sigilforge provider set google --client-id ID --client-secret < secret.txt', 'one with a secret'],
      ['sigilforge provider set work --issuer https://id.example.org --client-id cli', 'an OpenID provider'],
    ],
    seeAlso: ['sigilforge provider show', 'sigilforge add-account'],
  });
}

async function setProvider(context: Context, id: string, options: Options): Promise<void> {
  const { output } = context;
  const secret = options.clientSecret ? await readSecret('Client secret') : undefined;
  const result = await withClient(context, (client) => client.setProvider(settings(id, options, secret)));
  output.result(result, () => output.notice(`The provider ${result.provider.id} is set.`));
}

function settings(id: string, options: Options, secret: string | undefined): ParamsOf<'set_provider'> {
  return {
    id,
    ...(options.issuer && { issuer: options.issuer }),
    ...(options.authorizationEndpoint && { authorization_endpoint: options.authorizationEndpoint }),
    ...(options.tokenEndpoint && { token_endpoint: options.tokenEndpoint }),
    ...(options.deviceAuthorizationEndpoint && {
      device_authorization_endpoint: options.deviceAuthorizationEndpoint,
    }),
    ...(options.revocationEndpoint && { revocation_endpoint: options.revocationEndpoint }),
    ...(options.clientId && { client_id: options.clientId }),
    ...(secret && { client_secret: secret }),
    ...(options.clientAuth && { client_auth: options.clientAuth }),
    ...(options.scopes && { default_scopes: options.scopes }),
    ...(options.redirectUri && { redirect_uri: options.redirectUri }),
  };
}
