import type { Command } from 'commander';
import { ProviderQuirk, SecretRule } from '../../../shared/provider.js';
import { ClientAuth, FlowKind } from '../../../shared/schemas.js';
import { withClient } from '../../access/client.js';
import { readChoice, readList, readScopes } from '../../arguments/choices.js';
import { badArgument, type Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { append } from '../../arguments/pairs.js';
import { setByGuide, withSecret } from '../../provider/guide/set.js';
import { readSeparator, readSettings, type SettingOptions } from '../../provider/settings.js';
import { lacksSecret } from '../../provider/state.js';
import { readKeyFile } from '../../sign-in/credential.js';
import type { Output } from '../../terminal/output.js';
import { readSecret } from '../../terminal/secret-input.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<ID>', 'the provider, such as github, or a new name')
    .option('--issuer <URL>', 'its issuer, where its endpoints are discovered')
    .option('--client-id <ID>', 'the client that you registered')
    .option('--client-secret', "the client's secret, asked for or read from standard input")
    .option('--client-key-file <FILE>', 'the private key that the client signs with (private_key_jwt)')
    .option('--scopes <A,B>', 'the scopes to ask for by default', readScopes)
    .option('--redirect-uri <URL>', 'the redirect URI that you registered')
    .option('--client-auth <METHOD>', `one of ${ClientAuth.options.join(', ')}`, (text) =>
      readChoice('--client-auth', text, ClientAuth.options),
    )
    .option('--authorization-endpoint <URL>', 'where a person signs in')
    .option('--token-endpoint <URL>', 'where tokens are issued')
    .option('--device-authorization-endpoint <URL>', 'where the device flow starts')
    .option('--revocation-endpoint <URL>', 'where tokens are revoked')
    .option('--refresh-endpoint <URL>', 'where tokens are refreshed, if that is another address')
    .option('--name <NAME>', 'the name that people know it by')
    .option('--flows <A,B>', 'the flows that it offers, the best one first', (text) =>
      readList('--flows', text, FlowKind.options),
    )
    .option(
      '--scope-separator <SIGN>',
      'what separates scopes: space, comma, or the sign itself',
      readSeparator,
    )
    .option('--param <NAME=VALUE>', 'one more parameter for its requests; may be repeated', append)
    .option('--pkce <WORD>', 'on, or off for a server that refuses it', (text) =>
      readChoice('--pkce', text, ['on', 'off']),
    )
    .option('--client-secret-rule <RULE>', `one of ${SecretRule.options.join(', ')}`, (text) =>
      readChoice('--client-secret-rule', text, SecretRule.options),
    )
    .option('--dead-grant-error <CODE>', 'an error that means that a grant is over; may be repeated', append)
    .option('--quirk <NAME>', 'where it departs from the standards; may be repeated', append)
    .option('--iss <ISSUER>', 'another right value of iss in its answers; may be repeated', append)
    .option('--base-url <URL>', 'what --issuer of add-account replaces in its addresses')
    .option('--revocation <FIELD=VALUE>', 'how it revokes: token, field, body, auth or method', append)
    .option('--refresh <FIELD=VALUE>', 'its refresh tokens: issued, rotates, lifetime_s or idle_s', append)
    .option('--register-url <URL>', 'where a person registers a client')
    .option('--registration-endpoint <URL>', 'where a client registers itself')
    .option(
      '--answer-field <FIELD>',
      'a field of its answers to keep, such as team.id; may be repeated',
      append,
    )
    .option('--redirect-field <FIELD>', 'a field of the redirect to keep; may be repeated', append)
    .option(
      '--param-name <NAME=OTHER>',
      'what it calls a parameter; empty leaves it out; may be repeated',
      append,
    )
    .option('--unset <OPTION>', 'take back what an option has set; may be repeated', append)
    .action((id: string, options: SettingOptions) => setProvider(context, id, options));
  addNotes(command, {
    readsValue: true,
    notes: `A parameter goes to every request; authorize:, device:, token: or refresh: before its name sends it only there, and an empty value leaves one out.\nQuirks: ${ProviderQuirk.options.join(', ')}. The word none empties what --quirk, --dead-grant-error, --iss, --answer-field or --redirect-field has set; --unset takes back what any option has set (--unset param: all parameters).\nAn address may have parts to fill in, such as https://{region}.example.org/token: --param region=eu says which for all sign-ins, and --param of add-account for one. These are never sent.`,
    examples: [
      ['sigilforge provider set github', 'be told what to register, and asked for it'],
      ['sigilforge provider set github --client-id Iv1.0123456789abcdef', 'a client without a secret'],
      ['sigilforge provider set google --client-id ID --client-secret < secret.txt', 'one with a secret'],
      ['sigilforge provider set work --issuer https://id.example.org --client-id cli', 'an OpenID provider'],
      [
        'sigilforge provider set work --client-id ID --client-key-file key.pem',
        'a client that signs with a key',
      ],
      [
        'sigilforge provider set work --param resource=https://api.example.org --param authorize:prompt=login',
        'more parameters: one for every request, one only for the browser',
      ],
      [
        'sigilforge provider set work --token-endpoint https://{region}.example.org/token --param region=eu',
        'an address with a part to fill in',
      ],
      ['sigilforge provider set work --param-name client_id=client_key', 'a parameter under another name'],
      ['sigilforge provider set work --unset scopes --unset param', 'back to what was known before'],
      ['sigilforge provider set work --dead-grant-error session_over', 'when a person has to sign in again'],
      [
        'sigilforge provider set work --revocation-endpoint URL --revocation token=access --revocation auth=bearer',
        'a revocation of its own kind',
      ],
    ],
    seeAlso: ['sigilforge provider show', 'sigilforge add-account'],
  });
}

/** The secret of the client, or the key that it signs with instead; `undefined` if neither is given. */
async function readGivenSecret(
  output: Output,
  { clientSecret, clientKeyFile: file }: SettingOptions,
): Promise<string | undefined> {
  if (file === undefined) return clientSecret ? readSecret('Client secret') : undefined;
  if (!clientSecret) return readKeyFile(output, '--client-key-file', file);
  throw badArgument('--client-secret and --client-key-file cannot be combined.', 'A client has one of them.');
}

async function setProvider(context: Context, id: string, options: SettingOptions): Promise<void> {
  if (Object.keys(options).length === 0) return setByGuide(context, id);
  const { output } = context;
  const secret = await readGivenSecret(output, options);
  const result = await withClient(context, async (client) => {
    const set = await client.setProvider(readSettings(id, options, secret));
    if (!output.json) output.notice(`The provider ${set.provider.id} is set.`);
    const isNewClient = options.clientId !== undefined && lacksSecret(set.provider);
    return isNewClient ? withSecret(context, client, set) : set;
  });
  output.result(result, () => undefined);
}
