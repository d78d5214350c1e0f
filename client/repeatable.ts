import type { MethodName } from '../shared/contract/index.js';

/** Of the methods that a narrowed connection may call, those that only read: it does no harm if a call is made twice. */
const REPEATABLE: readonly MethodName[] = [
  'get_token',
  'token_info',
  'resolve',
  'get_secret',
  'get_aws_credentials',
  'status',
];

/** The others that only read. */
const READS: readonly MethodName[] = [
  'get_account',
  'list_accounts',
  'accounts_status',
  'list_unread_answers',
  'get_provider',
  'test_provider',
  'list_providers',
  'get_secrets',
  'list_secrets',
  'vault_status',
  'list_audit',
  'list_doors',
  'list_capabilities',
  'get_capability',
  'list_runs',
  'get_run',
  'list_messages',
  'wait_run',
];

const repeatable: ReadonlySet<unknown> = new Set(REPEATABLE);
const readOnly: ReadonlySet<unknown> = new Set([...REPEATABLE, ...READS]);

/** Whether a call over a descriptor that other processes read too is made again if its answer does not come. */
export function isRepeatable(method: unknown): boolean {
  return repeatable.has(method);
}

/** Whether a call is made again whose connection was lost before the answer. */
export function onlyReads(method: MethodName): boolean {
  return readOnly.has(method);
}
