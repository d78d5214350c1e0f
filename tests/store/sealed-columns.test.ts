import { expect, test } from 'vitest';
import { SEALED_COLUMNS } from '../../daemon/core/store/sealed.js';
import { startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

test('a rotation knows every column that is sealed', async () => {
  const { sandbox } = await stopAfter(startDaemon());
  const sealed = Object.entries(SEALED_COLUMNS).flatMap(([table, names]) =>
    names.map((name) => `${table}.${name}`),
  );
  const ownKeys = [
    'vault.fingerprint_key',
    'key_slots.private_key',
    'key_slots.public_key',
    'wrapped_keys.wrapped',
  ];
  const notSealed = [
    ...['accounts.refresh_fingerprint', 'refresh_attempts.fingerprint'],
    ...['audit_records.mac', 'audit_chain.key', 'audit_chain.mac', 'audit_anchor.mac'],
    'capability_contents.content',
  ];
  expect(stored.binaryColumns(sandbox.home).toSorted()).toEqual(
    [...sealed, ...ownKeys, ...notSealed].toSorted(),
  );
});
