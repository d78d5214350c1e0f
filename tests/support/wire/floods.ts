import { fileURLToPath } from 'node:url';
import type { MethodName, ParamsOf } from '../../../shared/contract/index.js';
import type { FakeProvider } from '../provider/fake-provider.js';
import { STUB_ID } from '../start/stub-handlers.js';

/** The accounts that floods ask for; nobody else does. */
const FLOODED = Array.from({ length: 8 }, (_, index) => ({ service: 'flood', account: `own-${index}` }));
const flooded = (index: number) => FLOODED[index % FLOODED.length] ?? { service: 'flood', account: 'own-0' };
/** A long secret of the floods. */
const LONG_KEY = 'flood/long';
const LONG_VALUE = 'x'.repeat(200 * 1024);

/** The capabilities of the floods: one that stays, and one that comes and goes. */
const CAPABILITY = { name: 'webhook-signer' };
const REMOVED = { name: 'pseudonyms' };
const register = ({ name }: { name: string }): Call => [
  'register_capability',
  { path: fileURLToPath(new URL(`../../../client/examples/${name}`, import.meta.url)) },
];
const STORED = { capability: CAPABILITY.name, key: 'flooded' };
const LONG_TEXT = 'x'.repeat(16 * 1024);
/** The record of work that `prepareFloods` has begun; in another process, one that is not there. */
let work = { run_id: STUB_ID };
const ABSENT_RUN = { run_id: STUB_ID };
const ABSENT_REQUEST = { request_id: STUB_ID };
const ABSENT_PROPOSAL = { proposal_id: STUB_ID };

/** As many as there may be, which all have something in common with each other. */
const GRANTS = Array.from({ length: 128 }, (_, index) => `auth://flood/own-${index}/token`);

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

/** A flood of each method, which does as much as the method can do. Leaving one out is a compile error. */
const floods: Readonly<Record<MethodName, Flood>> = {
  status: () => ['status', {}],
  'rpc.discover': () => ['rpc.discover', {}],
  list_providers: () => ['list_providers', {}],
  get_provider: () => ['get_provider', { id: 'github' }],
  test_provider: () => ['test_provider', { id: 'flood' }],
  set_provider: () => provider,
  remove_provider: (index) => (index % 2 === 0 ? provider : ['remove_provider', { id: 'flooded' }]),
  add_account: (index) => addKey(`a${index % 50}`),
  wait_flow: () => ['wait_flow', { flow_id: STUB_ID }],
  complete_flow: () => ['complete_flow', { flow_id: STUB_ID, redirect_url: 'http://127.0.0.1/?code=x' }],
  cancel_flow: () => ['cancel_flow', { flow_id: STUB_ID }],
  list_accounts: () => ['list_accounts', {}],
  get_account: (index) => ['get_account', flooded(index)],
  remove_account: (index) =>
    index % 2 === 0 ? addKey('removed') : ['remove_account', { service: 'flood', account: 'removed' }],
  get_token: (index) => ['get_token', flooded(index)],
  refresh_token: (index) => ['refresh_token', flooded(index)],
  token_info: (index) => ['token_info', flooded(index)],
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
  get_aws_credentials: () => ['get_aws_credentials', { name: 'flood' }],
  vault_status: () => ['vault_status', {}],
  unlock: () => ['unlock', {}],
  lock: () => ['lock', {}],
  vault_set_password: () => ['vault_set_password', { password: 'correct horse' }],
  vault_add_keychain: () => ['vault_add_keychain', {}],
  vault_recovery_key: () => ['vault_recovery_key', {}],
  vault_remove_slot: () => ['vault_remove_slot', { id: STUB_ID }],
  vault_rotate: () => ['vault_rotate', {}],
  list_audit: () => ['list_audit', {}],
  verify_audit: () => ['verify_audit', {}],
  subscribe: (index) =>
    index % 2 === 0 ? ['subscribe', { topics: ['accounts'] }] : ['unsubscribe', { subscription: STUB_ID }],
  unsubscribe: () => ['unsubscribe', { subscription: STUB_ID }],
  set_log_level: () => ['set_log_level', { level: 'info' }],
  shutdown: () => ['shutdown', {}],
  expect_leaving: () => ['expect_leaving', {}],
  restrict: () => ['restrict', { grants: GRANTS }],
  // Most are over the limit: no more than one connection may have.
  open_door: () => ['open_door', { grants: GRANTS }],
  list_doors: () => ['list_doors', {}],
  close_door: () => ['close_door', { door: 'aaaaaaaaaaaaaaaa' }],
  register_capability: () => register(CAPABILITY),
  list_capabilities: () => ['list_capabilities', {}],
  get_capability: () => ['get_capability', CAPABILITY],
  set_capability_active: (index) => ['set_capability_active', { ...CAPABILITY, active: index % 2 === 0 }],
  remove_capability: (index) => (index % 2 === 0 ? register(REMOVED) : ['remove_capability', REMOVED]),
  check_capability: () => ['check_capability', CAPABILITY],
  trust_capability: () => ['trust_capability', CAPABILITY],
  restore_capability: () => ['restore_capability', { ...CAPABILITY, number: 1 }],
  // None of them is a bot.
  start_capability: () => ['start_capability', CAPABILITY],
  stop_capability: () => ['stop_capability', CAPABILITY],
  restart_capability: () => ['restart_capability', CAPABILITY],
  list_capability_versions: () => ['list_capability_versions', CAPABILITY],
  grant_capability: (index) => [
    'grant_capability',
    { ...CAPABILITY, grant: GRANTS[index % GRANTS.length] ?? '' },
  ],
  revoke_capability: (index) => [
    'revoke_capability',
    { ...CAPABILITY, grant: GRANTS[index % GRANTS.length] ?? '' },
  ],
  set_capability_secret: (index) => [
    'set_capability_secret',
    { ...CAPABILITY, key: `KEY_${index % 10}`, value: LONG_VALUE },
  ],
  delete_capability_secret: (index) => [
    'delete_capability_secret',
    { ...CAPABILITY, key: `KEY_${index % 10}` },
  ],
  list_capability_secrets: () => ['list_capability_secrets', CAPABILITY],
  storage_get: () => ['storage_get', STORED],
  storage_set: () => ['storage_set', { ...STORED, value: LONG_VALUE }],
  storage_delete: (index) =>
    index % 2 === 0 ? ['storage_set', { ...STORED, value: 0 }] : ['storage_delete', STORED],
  storage_list: () => ['storage_list', { capability: CAPABILITY.name }],
  // One that is not there: so many programs would leave nothing of the machine to measure.
  run_capability: () => ['run_capability', { name: 'absent', args: { text: LONG_VALUE } }],
  wait_run: () => ['wait_run', { ...work, timeout_s: 0 }],
  cancel_run: () => ['cancel_run', ABSENT_RUN],
  list_runs: () => ['list_runs', {}],
  get_run: () => ['get_run', work],
  list_messages: () => ['list_messages', work],
  create_run: () => ['create_run', { task: 'A flood.' }],
  append_message: () => ['append_message', { ...work, role: 'assistant', content: LONG_TEXT }],
  finish_run: () => ['finish_run', ABSENT_RUN],
  request_secret: () => [
    'request_secret',
    { capability: CAPABILITY.name, secrets: [{ name: 'KEY', description: LONG_TEXT.slice(0, 8192) }] },
  ],
  wait_secret_request: () => ['wait_secret_request', { ...ABSENT_REQUEST, timeout_s: 0 }],
  list_secret_requests: () => ['list_secret_requests', {}],
  answer_secret_request: () => ['answer_secret_request', { ...ABSENT_REQUEST, values: { KEY: LONG_VALUE } }],
  decline_secret_request: () => ['decline_secret_request', ABSENT_REQUEST],
  propose_grant: (index) => [
    'propose_grant',
    { capability: CAPABILITY.name, reference: GRANTS[index % GRANTS.length] ?? '', reason: 'A flood.' },
  ],
  list_proposals: () => ['list_proposals', {}],
  accept_proposal: () => ['accept_proposal', ABSENT_PROPOSAL],
  decline_proposal: () => ['decline_proposal', ABSENT_PROPOSAL],
};

/** What floods need before they begin. */
export async function prepareFloods(
  call: (method: string, params: object) => Promise<unknown>,
  provider: FakeProvider,
): Promise<void> {
  provider.route('POST /token', () => ({
    body: { access_token: 'x', token_type: 'Bearer', expires_in: 3600 },
  }));
  const settings = { token_endpoint: `${provider.url}/token`, client_id: 'x', client_secret: 'y' };
  await call('set_provider', { id: 'flood', ...settings, flows: ['client_credentials'] });
  for (const account of FLOODED) await call('add_account', { ...account, flow: 'client_credentials' });
  await call('set_secret', { key: LONG_KEY, value: LONG_VALUE });
  await call('set_secret', {
    key: 'aws/flood',
    value: JSON.stringify({ AccessKeyId: 'AKIAFLOOD', SecretAccessKey: 'x' }),
  });
  const [method, params] = register(CAPABILITY);
  await call(method, params);
  const begun = JSON.stringify(await call('create_run', { task: 'A flood.' }));
  const [id = STUB_ID] = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(begun) ?? [];
  work = { run_id: id };
}

/** One request of a flood. */
export function floodRequest(flooded: MethodName, index: number): object {
  const [method, params] = floods[flooded](index);
  return { jsonrpc: '2.0', id: index, method, params };
}
