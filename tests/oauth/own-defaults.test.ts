import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import type { ParamsOf, ResultOf } from '../../shared/contract/index.js';
import { begin, SERVICE, work } from '../support/accounts.js';
import { type OpenIdProvider, startOpenIdProvider } from '../support/provider/openid-provider.js';
import { approveDevice, signIn } from '../support/provider/person.js';
import { backends, openBeside, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

// oidc-provider as its package has it by itself, and a sign-in for which nobody has set anything: no scopes, no prompt.

let provider: OpenIdProvider;

beforeAll(async () => {
  provider = await startOpenIdProvider({ ownDefaults: true });
});
afterAll(() => provider.stop());

type Name = 'native' | 'basic' | 'post';

async function know(api: SigilforgeClient, name: Name = 'native'): Promise<void> {
  const { clientId, clientSecret, auth } = provider.clients[name];
  await api.setProvider({
    id: SERVICE,
    issuer: provider.issuer,
    client_id: clientId,
    ...(clientSecret === '' ? {} : { client_secret: clientSecret, client_auth: auth }),
  });
}

/** How a whole sign-in by the browser ends, the person's part included. */
async function signedIn(
  api: SigilforgeClient,
  params: Partial<ParamsOf<'add_account'>> = {},
): Promise<ResultOf<'wait_flow'>> {
  const { flowId, address } = await begin(api, params);
  await signIn(address);
  return api.waitFlow({ flow_id: flowId, timeout_s: 60 });
}

describe.each(backends)('by $name', ({ start }) => {
  test.each(['native', 'basic', 'post'] as const)(
    'a %s client gets a refresh token, because consent is asked for, and refreshes by it',
    async (name) => {
      const { api } = await stopAfter(start());
      await know(api, name);
      const { account, notices } = await signedIn(api);
      expect(account).toMatchObject({ state: 'ok', scopes: ['openid', 'offline_access'] });
      expect(notices).toEqual([]);
      const first = await api.getToken(work);
      const second = await api.refreshToken(work);
      expect(second.access_token).not.toBe(first.access_token);
      expect(await provider.introspect(second.access_token)).toMatchObject({ active: true, sub: 'ada' });
    },
  );

  test('without the prompt no refresh token comes, and it is said what to do', async () => {
    const { api, sandbox } = await stopAfter(start());
    await know(api);
    const { account, notices } = await signedIn(api, { params: { prompt: '' } });
    expect(account).toMatchObject({ state: 'ok', scopes: ['openid'] });
    expect(notices).toEqual([expect.stringContaining('No refresh token came: example/work works until')]);
    stored.expire(sandbox.home);
    await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: 'auth_required' });
    expect((await signedIn(api, { replace: true })).notices).toEqual([]);
    expect((await api.refreshToken(work)).scopes).toContain('offline_access');
  });

  test('a sign-in without the prompt does not replace the refresh token that is there', async () => {
    const { api } = await stopAfter(start());
    await know(api);
    await signedIn(api);
    await expect(signedIn(api, { replace: true, params: { prompt: '' } })).rejects.toMatchObject({
      kind: 'already_exists',
      message: expect.stringContaining('nothing was replaced'),
    });
    const { access_token } = await api.refreshToken(work);
    expect(await provider.introspect(access_token)).toMatchObject({ active: true });
  });
});

test('on another device a refresh token comes without a prompt', async () => {
  const { api } = await stopAfter(startDaemon());
  await know(api);
  const { flow_id, verification_uri_complete } = await api.addAccount({ ...work, flow: 'device_code' });
  await approveDevice(verification_uri_complete ?? '');
  expect(await api.waitFlow({ flow_id: flow_id ?? '', timeout_s: 60 })).toMatchObject({
    notices: [],
    account: { scopes: ['openid', 'offline_access'] },
  });
  const { access_token } = await api.refreshToken(work);
  expect(await provider.introspect(access_token)).toMatchObject({ active: true });
});

test.each([
  ['native', 'rotated'],
  ['basic', 'left as it is'],
] as const)(
  'the refresh token of a %s client, which is %s, lasts for ten refreshes in turns',
  async (name, _) => {
    const { api, sandbox } = await stopAfter(startDaemon());
    await know(api, name);
    await signedIn(api);
    const library = await openBeside(sandbox);
    const before = provider.counts;
    for (let turn = 0; turn < 10; turn++) {
      const { access_token } = await (turn % 2 === 0 ? api : library).refreshToken(work);
      expect(await provider.introspect(access_token)).toMatchObject({ active: true });
    }
    const after = provider.counts;
    expect((after.token['refresh_token'] ?? 0) - (before.token['refresh_token'] ?? 0)).toBe(10);
    // Here a token that comes again is no fault where the provider has left it as it is.
    expect(after.reuse - before.reuse).toBe(name === 'native' ? 0 : 9);
  },
);

test('the command line signs in with nothing set but the issuer and the client', async () => {
  const { sandbox } = await stopAfter(startDaemon());
  const setting = ['provider', 'set', 'example', '--issuer', provider.issuer, '--client-id', 'native'];
  expect(await sandbox.run(setting)).toMatchObject({ code: 0 });
  const adding = sandbox.start(['add-account', 'example', 'work', '--no-browser']);
  const [address] = await adding.seen(/http:\S+\/auth\?\S+/, 'stderr');
  await signIn(address);
  expect(await adding.exited).toMatchObject({ code: 0, stdout: 'example/work\n' });
  const { stdout } = await sandbox.run(['refresh-token', 'example', 'work']);
  expect(await provider.introspect(stdout.trim())).toMatchObject({ active: true, sub: 'ada' });
});
