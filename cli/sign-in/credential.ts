import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Credential } from '../../shared/contract/index.js';
import { errnoOf } from '../../shared/errno.js';
import type { FlowKind } from '../../shared/schemas.js';
import { badArgument } from '../arguments/context.js';
import type { Output } from '../terminal/output.js';
import { readSecret } from '../terminal/secret-input.js';
import { readStandardInput } from '../terminal/standard-input.js';

/** The options of add-account that choose a flow and its credential. */
export interface CredentialOptions {
  readonly flow?: FlowKind;
  readonly apiKey?: boolean;
  readonly clientId?: string;
  readonly keyFile?: string;
  readonly appId?: string;
  readonly installationId?: string;
}

/** The flow that the options name, or `undefined` for the provider's best one. */
export function chooseFlow(options: CredentialOptions): FlowKind | undefined {
  const forApp = options.appId !== undefined || options.installationId !== undefined;
  const implied: FlowKind[] = [
    ...(options.apiKey ? (['api_key'] as const) : []),
    ...(forApp ? (['github_app'] as const) : []),
    ...(options.keyFile !== undefined && !forApp ? (['jwt_bearer'] as const) : []),
  ];
  const flow = options.flow ?? implied[0];
  if (implied.some((kind) => kind !== flow)) {
    throw badArgument('These options contradict each other: --flow, --api-key, --key-file.', HINT);
  }
  return flow;
}

/** What the flow needs, asked for or read from a file; `undefined` if it needs nothing, or the provider has it. */
export async function readCredential(
  output: Pick<Output, 'warn'>,
  flow: FlowKind | undefined,
  options: CredentialOptions,
): Promise<Credential | undefined> {
  switch (flow) {
    case 'api_key':
      return { api_key: await readSecret('API key') };
    case 'import':
      return { refresh_token: await readSecret('Refresh token') };
    case 'client_credentials':
      if (options.clientId === undefined) return undefined;
      return { client_id: options.clientId, client_secret: await readSecret('Client secret') };
    case 'jwt_bearer':
      return jwtCredential(await readKey(output, options.keyFile), options.clientId);
    case 'github_app':
      return {
        app_id: required(options.appId, '--app-id'),
        installation_id: required(options.installationId, '--installation-id'),
        private_key: await readKey(output, options.keyFile),
      };
    default:
      return undefined;
  }
}

const HINT = 'Show how they are used with: sigilforge add-account --help';

function required(value: string | undefined, option: string): string {
  if (value === undefined) throw badArgument(`${option} is missing.`, HINT);
  return value;
}

/** The key file of a Google service account names the identity it signs for; a private key by itself does not. */
function jwtCredential(private_key: string, clientId: string | undefined): Credential {
  const saysIssuer = private_key.trimStart().startsWith('{');
  if (saysIssuer && clientId === undefined) return { private_key };
  return { issuer: required(clientId, '--client-id'), private_key };
}

async function readKey(output: Pick<Output, 'warn'>, path: string | undefined): Promise<string> {
  return readKeyFile(output, '--key-file', required(path, '--key-file'));
}

/** The text of the file that an option names, or of standard input for `-`. */
export async function readKeyFile(
  output: Pick<Output, 'warn'>,
  option: string,
  name: string,
): Promise<string> {
  if (name === '-') return (await readStandardInput(option)).toString('utf8');
  try {
    const key = await readFile(name, 'utf8');
    if (isOpenToOthers(await stat(name))) {
      output.warn(`${option}: others may read this file. Make it private with: chmod 600`);
    }
    return key;
  } catch (thrown) {
    throw badArgument(`${option}: this file cannot be read (${errnoOf(thrown) ?? 'unknown'}).`, HINT);
  }
}

/** Judged by the mode, which means nothing on Windows. */
function isOpenToOthers({ mode }: Stats): boolean {
  return process.platform !== 'win32' && (mode & 0o077) !== 0;
}
