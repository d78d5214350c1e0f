import { describe, expect, test } from 'vitest';
import { addAccount, SERVICE } from '../support/accounts.js';
import { startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const damaged = { service: SERVICE, account: 'damaged' };
const sound = { service: SERVICE, account: 'sound' };

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
