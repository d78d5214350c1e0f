import type { Handlers } from '../../../daemon/handlers/handlers.js';
import type { AccountInfo } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { PROTOCOL_VERSION, VERSION } from '../../../shared/version.js';

export const STUB_ID = '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d';
const NOW = '2026-01-31T12:00:00.000Z';

const account: AccountInfo = {
  id: STUB_ID,
  service: 'example',
  account: 'work',
  kind: 'oauth',
  provider: 'example',
  scopes: [],
  state: 'ok',
  created_at: NOW,
  last_used: null,
  expires_at: null,
};

const token = { access_token: 'stub', token_type: 'Bearer', expires_at: null, scopes: [] };

function absent(): never {
  throw new SigilforgeError('not_found', 'The stub has none.');
}

/** Handlers that answer at once and keep nothing; `overrides` are what a test is about. */
export function stubHandlers(overrides: Partial<Handlers> = {}): Handlers {
  return {
    status: () => ({
      version: VERSION,
      protocol: PROTOCOL_VERSION,
      pid: process.pid,
      started_at: NOW,
      uptime_s: 0,
      socket: null,
      account_count: 0,
      secret_count: 0,
      connections: 0,
      peers_checked: null,
      vault: { state: 'unlocked', key_source: null },
      keychain: { available: null, error: null, probed_at: null },
    }),
    'rpc.discover': () => ({ openrpc: '1.3.2' }),
    list_providers: () => ({ providers: [], cursor: null }),
    get_provider: absent,
    set_provider: absent,
    remove_provider: () => ({ removed: false }),
    add_account: absent,
    wait_flow: () => ({ state: 'pending', account: null, notices: [] }),
    complete_flow: () => ({ account, notices: [] }),
    cancel_flow: () => ({ cancelled: true }),
    list_accounts: () => ({ accounts: [account], cursor: null }),
    get_account: () => ({ ...account, revoked_with: [] }),
    remove_account: () => ({ removed: true, revoked: false, notices: [] }),
    get_token: () => token,
    refresh_token: () => token,
    token_info: absent,
    accounts_status: () => ({ accounts: [], all_valid: true, any_expiring_soon: false, cursor: null }),
    list_unread_answers: () => ({ answers: [], cursor: null }),
    retry_unread_answers: () => ({ recovered: [], unread: 0 }),
    resolve: absent,
    set_secret: absent,
    get_secret: absent,
    get_secrets: () => ({ secrets: [], cursor: null }),
    list_secrets: () => ({ secrets: [], cursor: null }),
    delete_secret: () => ({ deleted: false }),
    vault_status: () => ({ state: 'unlocked', key_source: null, slots: [], warning: null }),
    unlock: () => ({ state: 'unlocked' }),
    lock: () => ({ state: 'locked' }),
    vault_set_password: absent,
    vault_add_keychain: absent,
    vault_recovery_key: absent,
    vault_remove_slot: absent,
    vault_rotate: absent,
    list_audit: () => ({ records: [], cursor: null }),
    verify_audit: () => ({ intact: true, records: 0, since: null, fault: null }),
    subscribe: () => ({ subscription: STUB_ID }),
    unsubscribe: () => ({ removed: true }),
    set_log_level: ({ level }) => ({ level }),
    shutdown: () => ({ stopping: true }),
    restrict: ({ grants }) => ({ grants }),
    open_door: absent,
    list_doors: () => ({ doors: [], cursor: null }),
    close_door: () => ({ closed: false }),
    register_capability: absent,
    list_capabilities: () => ({ capabilities: [], cursor: null }),
    get_capability: absent,
    set_capability_active: absent,
    remove_capability: () => ({ removed: false }),
    check_capability: absent,
    trust_capability: absent,
    list_capability_versions: () => ({ versions: [], cursor: null }),
    grant_capability: ({ grant }) => ({ grants: [grant] }),
    revoke_capability: () => ({ revoked: false, grants: [] }),
    set_capability_secret: ({ key }) => ({ key }),
    delete_capability_secret: () => ({ deleted: false }),
    list_capability_secrets: () => ({ secrets: [], cursor: null }),
    storage_get: ({ key }) => ({ key, value: null, version: null }),
    storage_set: ({ key }) => ({ key, version: 1 }),
    storage_delete: () => ({ deleted: false }),
    storage_list: () => ({ items: [], cursor: null }),
    run_capability: absent,
    wait_run: absent,
    cancel_run: () => ({ cancelled: false }),
    list_runs: () => ({ runs: [], cursor: null }),
    get_run: absent,
    list_messages: () => ({ messages: [], cursor: null }),
    create_run: absent,
    append_message: absent,
    finish_run: absent,
    ...overrides,
  };
}
