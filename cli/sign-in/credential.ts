import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Credential } from '../../shared/contract/index.js';
import type { FlowKind } from '../../shared/schemas.js';
import { badArgument } from '../arguments/context.js';
import type { Output } from '../terminal/output.js';
import { readSecret } from '../terminal/prompt.js';

/** The options of add-account by which a flow and its credential are chosen. */
export interface CredentialOptions {
  readonly flow?: FlowKind;
  readonly apiKey?: boolean;
  readonly clientId?: string;
  readonly keyFile?: string;
  readonly appId?: string;
  readonly installationId?: string;
}

/** The flow that the options name, or `undefined` where the provider's best one is meant. */
export function chooseFlow(options: CredentialOptions): FlowKind | undefined {
  const forApp = options.appId !== undefined || options.installationId !== undefined;
  const implied: FlowKind[] = [
    ...(options.apiKey ? (['api_key'] as const) : []),
    ...(forApp ? (['github_app'] as const) : []),
    ...(options.keyFile !== undefined && !forApp ? (['jwt_bearer'] as const) : []),
  ];
  const flow = options.flow ?? implied[0];
  if (implied.some((one) => one !== flow)) {
    throw badArgument('--flow, --api-key and --key-file do not go together like this.', HINT);
  }
  return flow;
}

/** What the flow needs, asked for or read from a file; `undefined` where it needs nothing, or the provider has it. */
export async function readCredential(
  flow: FlowKind | undefined,
  options: CredentialOptions,
  output: Pick<Output, 'warn'>,
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
      return jwtCredential(await readKey(options.keyFile, output), options.clientId);
    case 'github_app':
      return {
        app_id: required(options.appId, '--app-id'),
        installation_id: required(options.installationId, '--installation-id'),
        private_key: await readKey(options.keyFile, output),
      };
    default:
      return undefined;
  }
}

const HINT = 'sigilforge add-account --help shows how they are used.';

function required(value: string | undefined, option: string): string {
  if (value === undefined) throw badArgument(`${option} is missing.`, HINT);
  return value;
}

/** The whole key file of a Google service account says itself for whom it signs; a mere key does not. */
function jwtCredential(private_key: string, clientId: string | undefined): Credential {
  const saysIssuer = private_key.trimStart().startsWith('{');
  if (saysIssuer && clientId === undefined) return { private_key };
  return { issuer: required(clientId, '--client-id'), private_key };
}

async function readKey(path: string | undefined, output: Pick<Output, 'warn'>): Promise<string> {
  const name = required(path, '--key-file');
  try {
    const key = await readFile(name, 'utf8');
    if (isOpenToOthers(await stat(name))) {
      output.warn('--key-file: others may read this file. Close it with: chmod 600');
    }
    return key;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw badArgument(`--key-file: this file cannot be read (${code ?? 'unknown'}).`, HINT);
  }
}

/** By the mode, which says nothing on Windows. */
function isOpenToOthers({ mode }: Stats): boolean {
  return process.platform !== 'win32' && (mode & 0o077) !== 0;
}
