import type { MethodName, ParamsOf } from '../../../shared/contract/index.js';
import { STUB_ID } from '../start/stub-handlers.js';

/** The account that floods ask for; nobody else does. */
export const FLOODED = { service: 'flood', account: 'own' } as const;
/** A long secret of the floods. */
export const LONG_KEY = 'flood/long';
const LONG_VALUE = 'x'.repeat(200 * 1024);

type Call = { readonly [M in MethodName]: readonly [M, ParamsOf<M>] }[MethodName];

/** The calls of a flood, by their number. Some undo in every second call what they did in the first. */
type Flood = (index: number) => Call;

const addKey = (account: string): Call => [
  'add_account',
  { service: 'flood', account, flow: 'api_key', replace: true, credential: { api_key: 'flood-key' } },
];
const provider: Call = [
  'set_provider',
  { id: 'flooded', token_endpoint: 'https://id.example.org/token', client_id: 'x', client_secret: 'y' },
];

/**
 * A flood of each method, which does as much as the method can do. Leaving one out is a compile error. `shutdown` has none,
 * because nothing is left to ask after the first.
 */
export const floods: Readonly<Record<Exclude<MethodName, 'shutdown'>, Flood>> = {
  status: () => ['status', {}],
  'rpc.discover': () => ['rpc.discover', {}],
  list_providers: () => ['list_providers', {}],
  get_provider: () => ['get_provider', { id: 'github' }],
  set_provider: () => provider,
  remove_provider: (index) => (index % 2 === 0 ? provider : ['remove_provider', { id: 'flooded' }]),
  add_account: (index) => addKey(`a${index % 50}`),
  wait_flow: () => ['wait_flow', { flow_id: STUB_ID }],
  complete_flow: () => ['complete_flow', { flow_id: STUB_ID, redirect_url: 'http://127.0.0.1/?code=x' }],
  cancel_flow: () => ['cancel_flow', { flow_id: STUB_ID }],
  list_accounts: () => ['list_accounts', {}],
  get_account: () => ['get_account', FLOODED],
  remove_account: (index) =>
    index % 2 === 0 ? addKey('removed') : ['remove_account', { service: 'flood', account: 'removed' }],
  get_token: () => ['get_token', FLOODED],
  refresh_token: () => ['refresh_token', FLOODED],
  token_info: () => ['token_info', FLOODED],
  accounts_status: () => ['accounts_status', {}],
  list_unread_answers: () => ['list_unread_answers', {}],
  retry_unread_answers: () => ['retry_unread_answers', {}],
  resolve: () => ['resolve', { reference: `secret://${LONG_KEY}` }],
  set_secret: (index) => ['set_secret', { key: `flood/${index % 10}`, value: LONG_VALUE }],
  get_secret: () => ['get_secret', { key: LONG_KEY }],
  get_secrets: () => ['get_secrets', {}],
  list_secrets: () => ['list_secrets', {}],
  delete_secret: (index) =>
    index % 2 === 0
      ? ['set_secret', { key: 'flood/deleted', value: 'x' }]
      : ['delete_secret', { key: 'flood/deleted' }],
  vault_status: () => ['vault_status', {}],
  unlock: () => ['unlock', {}],
  lock: () => ['lock', {}],
  vault_set_password: () => ['vault_set_password', { password: 'correct horse' }],
  vault_add_keychain: () => ['vault_add_keychain', {}],
  vault_recovery_key: () => ['vault_recovery_key', {}],
  vault_remove_slot: () => ['vault_remove_slot', { id: STUB_ID }],
  vault_rotate: () => ['vault_rotate', {}],
  subscribe: (index) =>
    index % 2 === 0 ? ['subscribe', { topics: ['accounts'] }] : ['unsubscribe', { subscription: STUB_ID }],
  unsubscribe: () => ['unsubscribe', { subscription: STUB_ID }],
  set_log_level: () => ['set_log_level', { level: 'info' }],
};

export type Flooded = keyof typeof floods;
export const floodedMethods = Object.keys(floods) as Flooded[];

/** One line of a flood. */
export function floodLine(flooded: Flooded, index: number): string {
  const [method, params] = floods[flooded](index);
  return `${JSON.stringify({ jsonrpc: '2.0', id: index, method, params })}\n`;
}
