import type { Provider } from '../../shared/provider.js';
import type { FlowKind } from '../../shared/schemas.js';
import { wrap } from '../terminal/wrap.js';
import { numbered, stepsOf } from './guide/text.js';
import { listed } from './listed.js';
import { needsClient, stateOf } from './state.js';

/** A provider as a page: what a person needs to know for the first sign-in, and what to do next. */
export function pageLines(provider: Provider, columns: number): string[] {
  const { id, name, register_url, notes } = provider;
  const client = needsClient(provider);
  return [
    name === id ? name : `${name} (${id})`,
    '',
    ...row('State', stateOf(provider), columns),
    ...(client ? row('Register at', register_url ?? "the provider's settings", columns) : []),
    ...(client ? row('Redirect URI', redirectOf(provider), columns) : []),
    ...(client ? row('Needs', needsOf(provider), columns) : []),
    ...row('Scopes', scopesOf(provider), columns),
    ...row('Sign-in', waysOf(provider), columns),
    ...(notes === null ? [] : row('Notes', notes, columns)),
    ...(client && stateOf(provider).startsWith('needs')
      ? ['', 'To register a client:', ...numbered(stepsOf(withoutNotes(provider)), columns)]
      : []),
    '',
    ...row('Next', nextOf(provider), columns),
  ];
}

const LABEL = 14;

function row(label: string, text: string | undefined, columns: number): string[] {
  return text === undefined ? [] : wrap(text, columns, `${label}:`.padEnd(LABEL));
}

function withoutNotes(provider: Provider): Provider {
  return { ...provider, notes: null };
}

function redirectOf({ flows, redirect }: Provider): string | undefined {
  if (!flows.includes('authorization_code')) return undefined;
  return redirect.port === 'any' ? `${redirect.uri} (any port)` : redirect.uri;
}

function needsOf({ configured, client_secret, has_client_secret }: Provider): string {
  const id = `client id ${configured ? '✓' : 'missing'}`;
  if (client_secret === 'forbidden') return `${id}, no secret`;
  if (has_client_secret) return `${id}, secret ✓`;
  return `${id}, secret ${client_secret === 'required' ? 'missing' : 'optional'}`;
}

function scopesOf({ default_scopes }: Provider): string {
  if (default_scopes.length === 0) return 'none are asked for unless you name them with --scopes';
  return `asks for ${listed(default_scopes)}`;
}

/** What each flow is for a person. */
const WAYS: Readonly<Record<FlowKind, string>> = {
  authorization_code: 'with the browser',
  device_code: 'with a code on any device (--flow device_code)',
  client_credentials: 'as the client itself (--flow client_credentials)',
  jwt_bearer: 'with a private key (--key-file)',
  github_app: 'as a GitHub App (--key-file)',
  import: 'with a refresh token that you have (--flow import)',
  api_key: 'with an API key (--api-key)',
};

function waysOf({ flows }: Provider): string | undefined {
  return flows.length === 0 ? undefined : flows.map((flow) => WAYS[flow]).join('; ');
}

function nextOf(provider: Provider): string {
  const state = stateOf(provider);
  const { id } = provider;
  if (state === 'needs no client') return `sigilforge add-account ${id} me --api-key`;
  if (state === 'needs the client secret') return `sigilforge provider set ${id} --client-secret`;
  return `sigilforge add-account ${id} me`;
}
