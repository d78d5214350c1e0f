import { describe, expect, test } from 'vitest';
import { addAccount, SERVICE } from '../support/accounts.js';
import { startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const damaged = { service: SERVICE, account: 'damaged' };
const sound = { service: SERVICE, account: 'sound' };

test.each(['created_at', 'last_used', 'expires_at', 'issued_at', 'last_refreshed_at', 'next_attempt_at'])(
  'an account whose %s no calendar has is shown, and hides no other',
  async (column) => {
    const { api, sandbox } = await stopAfter(startScene());
    for (const { account } of [damaged, sound]) await addAccount(api, { account });
    for (const time of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 8_640_000_000_000_001]) {
      stored.changeAccounts(sandbox.home, damaged.account, { [column]: time });
      const { accounts } = await api.listAccounts();
      expect(accounts).toMatchObject([damaged, sound]);
      const status = await api.accountsStatus();
      expect(status.accounts).toMatchObject([damaged, { ...sound, token_valid: true }]);
      expect(await api.getAccount(damaged)).toMatchObject(damaged);
      expect(await api.tokenInfo(damaged)).toMatchObject({ token_type: 'Bearer' });
      expect(await api.getToken(sound)).toMatchObject({ token_type: 'Bearer' });
    }
  },
);

test.each(['secrets', 'key_slots'] as const)('nor do times in %s', async (table) => {
  const { api, sandbox } = await stopAfter(startScene());
  await api.setSecret({ key: 'one', value: 'a value' });
  stored.setTimes(sandbox.home, table, 2 ** 60);
  expect(await api.listSecrets()).toMatchObject({ secrets: [{ key: 'one' }] });
  expect(await api.vaultStatus()).toMatchObject({ slots: [{ kind: 'key_file' }] });
  expect(await api.getSecret({ key: 'one' })).toMatchObject({ value: 'a value' });
});

describe.each(['scopes', 'asked_scopes', 'client', 'last_error'] as const)(
  'an account whose %s cannot be read',
  (field) => {
    test('is named, hides no other, and can be removed and signed in again', async () => {
      const { api, sandbox } = await stopAfter(startScene());
      for (const { account } of [damaged, sound]) await addAccount(api, { account });
      stored.damage(sandbox.home, damaged.account, field);

      const { accounts } = await api.listAccounts();
      expect(accounts).toMatchObject([
        { ...damaged, state: 'needs_auth', provider: null, scopes: [] },
        { ...sound, state: 'ok', provider: SERVICE },
      ]);
      const status = await api.accountsStatus();
      expect(status.accounts).toMatchObject([
        { ...damaged, token_valid: false },
        { ...sound, token_valid: true },
      ]);
      const refused = {
        kind: 'integrity',
        message: 'The stored account example/damaged is damaged.',
        hint: expect.stringContaining('sigilforge remove-account example damaged --force --no-revoke'),
      };
      await expect(api.getAccount(damaged)).rejects.toMatchObject(refused);
      await expect(api.getToken(damaged)).rejects.toMatchObject(refused);
      await expect(api.refreshToken(damaged)).rejects.toMatchObject(refused);
      await expect(api.tokenInfo(damaged)).rejects.toMatchObject(refused);
      expect(await api.getToken(sound)).toMatchObject({ token_type: 'Bearer' });

      expect(await api.removeAccount(damaged)).toMatchObject({ removed: true });
      await addAccount(api, { account: damaged.account });
      expect(await api.getAccount(damaged)).toMatchObject({ state: 'ok' });
    });
  },
);
