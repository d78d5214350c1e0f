import type { MethodName } from '../../shared/contract/index.js';
import { isRecord } from '../../shared/json.js';

/**
 * How the calls of one connection run beside each other. `light`: as they come, many at once. `heavy`: one after the other,
 * because each keeps the processor, the disk, the keychain or memory busy. `waiting`: they wait for an event, with no limit
 * in time, and do not count as running.
 */
export type Pace = 'light' | 'heavy' | 'waiting';

/** Leaving a method out is a compile error. */
const PACES: Readonly<Record<MethodName, Pace>> = {
  status: 'light',
  'rpc.discover': 'heavy',
  list_providers: 'heavy',
  get_provider: 'light',
  test_provider: 'light',
  set_provider: 'heavy',
  remove_provider: 'heavy',
  // Those that wait for a provider are light: one that is slow must not hold up the accounts of others.
  add_account: 'light',
  wait_flow: 'waiting',
  complete_flow: 'light',
  cancel_flow: 'light',
  list_accounts: 'heavy',
  get_account: 'light',
  remove_account: 'light',
  get_token: 'light',
  refresh_token: 'light',
  token_info: 'light',
  accounts_status: 'heavy',
  list_unread_answers: 'heavy',
  retry_unread_answers: 'heavy',
  resolve: 'light',
  set_secret: 'heavy',
  get_secret: 'heavy',
  get_secrets: 'heavy',
  list_secrets: 'heavy',
  delete_secret: 'heavy',
  get_aws_credentials: 'light',
  vault_status: 'light',
  unlock: 'heavy',
  lock: 'heavy',
  vault_set_password: 'heavy',
  vault_add_keychain: 'heavy',
  vault_recovery_key: 'heavy',
  vault_remove_slot: 'heavy',
  vault_rotate: 'heavy',
  list_audit: 'heavy',
  verify_audit: 'heavy',
  subscribe: 'waiting',
  unsubscribe: 'light',
  set_log_level: 'light',
  shutdown: 'light',
  expect_leaving: 'light',
  // Light, so that it holds for whatever the same client sends after it.
  restrict: 'light',
  open_door: 'light',
  list_doors: 'heavy',
  close_door: 'light',
  register_capability: 'heavy',
  list_capabilities: 'heavy',
  get_capability: 'light',
  set_capability_active: 'heavy',
  remove_capability: 'heavy',
  check_capability: 'heavy',
  trust_capability: 'heavy',
  list_capability_versions: 'heavy',
  restore_capability: 'heavy',
  // They wait for a program to end.
  start_capability: 'light',
  stop_capability: 'light',
  restart_capability: 'light',
  grant_capability: 'heavy',
  revoke_capability: 'heavy',
  set_capability_secret: 'heavy',
  delete_capability_secret: 'heavy',
  list_capability_secrets: 'heavy',
  storage_get: 'heavy',
  storage_set: 'heavy',
  storage_delete: 'heavy',
  storage_list: 'heavy',
  run_capability: 'waiting',
  wait_run: 'waiting',
  cancel_run: 'light',
  list_runs: 'heavy',
  get_run: 'light',
  list_messages: 'heavy',
  create_run: 'heavy',
  append_message: 'heavy',
  finish_run: 'heavy',
  request_secret: 'heavy',
  wait_secret_request: 'waiting',
  list_secret_requests: 'heavy',
  answer_secret_request: 'heavy',
  decline_secret_request: 'light',
  propose_grant: 'heavy',
  list_proposals: 'heavy',
  accept_proposal: 'heavy',
  decline_proposal: 'heavy',
};

/** The pace of a message that nothing has checked yet. One that is not a call of a known method is answered by an error. */
export function paceOf(message: unknown): Pace {
  const method = isRecord(message) ? message['method'] : undefined;
  return typeof method === 'string' && Object.hasOwn(PACES, method) ? PACES[method as MethodName] : 'light';
}
