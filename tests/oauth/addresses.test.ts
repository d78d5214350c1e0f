import { describe, expect, test } from 'vitest';
import type { ParamsOf } from '../../shared/contract/index.js';
import { begin, callback, completed } from '../support/accounts.js';
import { importAccount } from '../support/provider/imports.js';
import { openPage } from '../support/provider/person.js';
import { startScripted } from '../support/start/scripted.js';

// Zoho has a host for each region, Shopify and Zendesk one for each customer, others a tenant in the path. The scripted
// server stands in for all of them: it has a path for each region.

const good = { access_token: 'a', refresh_token: 'r', token_type: 'bearer', expires_in: 3600 };

const { fake, api, own } = await startScripted();

/** A provider whose addresses have a region. */
function regional(settings: Partial<ParamsOf<'set_provider'>> = {}): Promise<string> {
  return own({
    authorization_endpoint: `${fake.url}/{region}/authorize`,
    token_endpoint: `${fake.url}/{region}/token`,
    device_authorization_endpoint: `${fake.url}/{region}/device`,
    revocation_endpoint: `${fake.url}/{region}/revoke`,
    ...settings,
  });
}

async function signIn(service: string, params: Partial<ParamsOf<'add_account'>> = {}) {
  const begun = await begin(api, { service, ...params });
  await openPage(callback(begun, { code: 'the code' }));
  return { begun, account: await completed(api, begun.flowId) };
}

const lastForm = (route: string) => fake.sentTo(route).at(-1)?.form;

describe('a part of an address', () => {
  test('is said by the sign-in, filled in everywhere, and never sent', async () => {
    const id = await regional();
    fake.route('POST /eu/token', () => ({ body: good }));
    fake.route('POST /eu/revoke', () => ({}));
    const { begun } = await signIn(id, { params: { region: 'eu', audience: 'api' } });
    expect(begun.address).toMatch(`${fake.url}/eu/authorize?`);
    const { searchParams } = new URL(begun.address);
    expect([searchParams.has('region'), searchParams.get('audience')]).toEqual([false, 'api']);
    expect(lastForm('POST /eu/token')).toMatchObject({ grant_type: 'authorization_code', audience: 'api' });
    expect(lastForm('POST /eu/token')).not.toHaveProperty('region');
    const name = { service: id, account: 'work' };
    await api.refreshToken(name);
    expect(lastForm('POST /eu/token')).toMatchObject({ grant_type: 'refresh_token', audience: 'api' });
    expect(await api.removeAccount(name)).toMatchObject({ revoked: true });
    expect(lastForm('POST /eu/revoke')).toMatchObject({ token: 'r' });
  });

  test('may be said for all sign-ins, by whatever request it is set, and a sign-in may say another', async () => {
    const id = await regional({
      authorize_params: { region: 'us', prompt: 'login' },
      token_params: { region: 'us' },
    });
    const { provider } = await api.getProvider({ id });
    expect(provider).toMatchObject({
      address_params: { region: 'us' },
      ...{ authorize_params: { prompt: 'login' }, token_params: {} },
      token_endpoint: `${fake.url}/{region}/token`,
    });
    const usual = await begin(api, { service: id });
    expect(usual.address).toMatch(`${fake.url}/us/authorize?`);
    expect(new URL(usual.address).searchParams.get('prompt')).toBe('login');
    const other = await begin(api, { service: id, account: 'other', params: { region: 'com.au' } });
    expect(other.address).toMatch(`${fake.url}/com.au/authorize?`);
    for (const { flowId } of [usual, other]) await api.cancelFlow({ flow_id: flowId });
    // Back to a part that each sign-in says.
    await api.setProvider({ id, address_params: { region: '' } });
    await expect(begin(api, { service: id })).rejects.toMatchObject({ kind: 'invalid_params' });
  });

  test('a parameter that was set before the address has it becomes a part of the address', async () => {
    const id = await regional({
      token_endpoint: `${fake.url}/token`,
      token_params: { tenant: 'one', mode: 'x' },
    });
    const { provider } = await api.setProvider({ id, token_endpoint: `${fake.url}/{tenant}/token` });
    expect(provider).toMatchObject({ address_params: { tenant: 'one' }, token_params: { mode: 'x' } });
  });

  test('goes to the device flow and to an import, too', async () => {
    const id = await regional();
    fake.route('POST /jp/device', () => ({
      body: { device_code: 'd', user_code: 'U', verification_uri: 'https://t.example/' },
    }));
    const device = { service: id, account: 'me', flow: 'device_code' as const, params: { region: 'jp' } };
    const { flow_id } = await api.addAccount(device);
    expect(lastForm('POST /jp/device')).toEqual({ client_id: 'client' });
    await api.cancelFlow({ flow_id: flow_id ?? '' });
    fake.route('POST /jp/token', () => ({ body: good }));
    await api.addAccount({
      ...{ service: id, account: 'moved', params: { region: 'jp' } },
      credential: { refresh_token: 'imported' },
    });
    expect(lastForm('POST /jp/token')).toEqual({
      ...{ grant_type: 'refresh_token', refresh_token: 'imported', client_id: 'client' },
    });
  });

  test('leads an issuer to its metadata', async () => {
    const issuer = `${fake.url}/tenants/acme`;
    fake.route('GET /tenants/acme/.well-known/openid-configuration', () => ({
      body: {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        response_types_supported: ['code'],
      },
    }));
    const id = 'issuer';
    await api.setProvider({ id, issuer: `${fake.url}/tenants/{tenant}`, client_id: 'client' });
    // Nothing is asked as long as the address is not whole.
    const asked = fake.received.length;
    const { provider } = await api.getProvider({ id, discover: true });
    expect(provider).toMatchObject({ issuer: `${fake.url}/tenants/{tenant}`, token_endpoint: null });
    expect(fake.received).toHaveLength(asked);
    const begun = await begin(api, { service: id, params: { tenant: 'acme' } });
    expect(begun.address).toMatch(`${issuer}/authorize?`);
    await api.cancelFlow({ flow_id: begun.flowId });
    await api.setProvider({ id, address_params: { tenant: 'acme' } });
    expect((await api.getProvider({ id, discover: true })).provider).toMatchObject({
      ...{ issuer, token_endpoint: `${issuer}/token` },
    });
  });
});

describe('a test of the provider', () => {
  test('asks only addresses that are whole, and says what is missing in the others', async () => {
    const id = await regional({ token_endpoint: `${fake.url}/whole` });
    fake.route('POST /whole', () => ({ status: 400, body: { error: 'invalid_request' } }));
    const before = fake.received.length;
    const { works, checks } = await api.testProvider({ id });
    expect(works).toBe(true);
    expect(fake.received.slice(before).map(({ path }) => path)).toEqual(['/whole']);
    expect(checks.find(({ name }) => name === 'authorization_endpoint')).toMatchObject({
      state: 'warning',
      sentence: 'Each sign-in says a part of its address: region.',
      hint: `To try it, say that part for all sign-ins: sigilforge provider set ${id} --param region=VALUE`,
    });
    await api.setProvider({ id, address_params: { region: 'eu' } });
    fake.route('GET /eu/authorize', () => ({ body: 'sign in' }));
    const whole = (await api.testProvider({ id })).checks;
    expect(whole.find(({ name }) => name === 'authorization_endpoint')).toMatchObject({
      ...{ state: 'ok', address: `${fake.url}/eu/authorize` },
    });
  });

  test('asks for no metadata of an issuer that is not whole', async () => {
    const id = 'untested';
    await api.setProvider({ id, issuer: `${fake.url}/{tenant}`, client_id: 'client' });
    const before = fake.received.length;
    const { works, checks } = await api.testProvider({ id });
    expect(works).toBe(true);
    expect(checks.find(({ name }) => name === 'metadata')).toMatchObject({ state: 'warning' });
    expect(fake.received).toHaveLength(before);
  });
});

describe('is refused', () => {
  test('if it is missing, with the command of the person', async () => {
    const id = await regional();
    const before = fake.received.length;
    await expect(
      begin(api, { service: 'crm', account: 'me', provider: id, replace: true }),
    ).rejects.toMatchObject({
      kind: 'invalid_params',
      needs: 'address_part',
      message: `The address of ${id} has a part that it does not know: region.`,
      hint: `Say it: sigilforge add-account crm me --provider ${id} --replace --param region=VALUE. To keep it for all sign-ins: sigilforge provider set ${id} --param region=VALUE`,
    });
    expect(fake.received).toHaveLength(before);
  });

  test.each([
    'eu/../../evil',
    'evil.example/',
    'a:1',
    'user@evil',
    'a..b',
    '..',
    '.',
    '.eu',
    'eu.',
    'a b',
    'a%2fb',
    'a\\b',
    'a?b',
    'a#b',
    'ä',
    '{region}',
    'x'.repeat(254),
  ])('if it leads elsewhere: %j', async (region) => {
    const id = await regional();
    await expect(begin(api, { service: id, params: { region } })).rejects.toMatchObject({
      kind: 'invalid_params',
    });
    await expect(api.setProvider({ id, token_params: { region } })).rejects.toMatchObject({
      kind: 'invalid_params',
    });
    await expect(api.setProvider({ id, address_params: { region } })).rejects.toMatchObject({
      kind: 'invalid_params',
    });
  });

  test.each(['http://{host}/token', 'https://a.example:{port}/token', 'http://localhost{x}/', '{a}'])(
    'if the whole cannot be an address, whatever it says: %s',
    async (token_endpoint) => {
      await expect(regional({ token_endpoint })).rejects.toMatchObject({ kind: 'invalid_params' });
    },
  );
});

describe('a client secret', () => {
  test('goes only to the addresses that it was given for, as they are when they are whole', async () => {
    const host = 'https://{region}.example.org';
    const id = await regional({
      ...{
        authorization_endpoint: `${host}/a`,
        token_endpoint: `${host}/t`,
        device_authorization_endpoint: `${host}/d`,
      },
      ...{ revocation_endpoint: `${host}/r`, client_secret: 'the secret', address_params: { region: 'us' } },
    });
    const usual = await begin(api, { service: id });
    await api.cancelFlow({ flow_id: usual.flowId });
    await expect(begin(api, { service: id, params: { region: 'eu' } })).rejects.toMatchObject({
      kind: 'config',
      message: `The client secret of ${id} was given for https://us.example.org, and is not sent to https://eu.example.org.`,
      hint: `If the client is registered there as well, name that address and give its secret again: sigilforge provider set ${id} --client-secret --param region=eu`,
    });
    await api.setProvider({ id, address_params: { region: 'eu' }, client_secret: 'the secret' });
    const moved = await begin(api, { service: id });
    await api.cancelFlow({ flow_id: moved.flowId });
  });

  test('given while a host is not known is not sent to any that is named then', async () => {
    const host = 'https://{shop}.example.org';
    const id = await regional({
      ...{
        authorization_endpoint: `${host}/a`,
        token_endpoint: `${host}/t`,
        device_authorization_endpoint: `${host}/d`,
      },
      ...{ revocation_endpoint: `${host}/r`, client_secret: 'the secret' },
    });
    await expect(begin(api, { service: id, params: { shop: 'evil' } })).rejects.toMatchObject({
      kind: 'config',
      message: `The client secret of ${id} was given for no address, and is not sent to https://evil.example.org.`,
    });
  });

  test('is sent where only a path has the part', async () => {
    const id = await regional({ client_secret: 'the secret', client_auth: 'client_secret_post' });
    fake.route('POST /eu/token', () => ({ body: { ...good, refresh_token: 'with a secret' } }));
    await signIn(id, { params: { region: 'eu' } });
    expect(lastForm('POST /eu/token')).toMatchObject({ client_secret: 'the secret' });
  });
});

test('the command to sign in again says the parts that the sign-in said', async () => {
  const id = await regional();
  fake.route('POST /eu/token', () => ({ body: { ...good, refresh_token: 'dying' } }));
  await signIn(id, { params: { region: 'eu' } });
  fake.route('POST /eu/token', () => ({ status: 400, body: { error: 'invalid_grant' } }));
  const again = `sigilforge add-account ${id} work --replace --param region=eu`;
  await expect(api.refreshToken({ service: id, account: 'work' })).rejects.toMatchObject({
    kind: 'auth_required',
    hint: expect.stringContaining(again),
  });
});

test('other accounts are as before', async () => {
  const id = await regional({ token_endpoint: `${fake.url}/token` });
  await api.setProvider({
    id,
    authorization_endpoint: `${fake.url}/authorize`,
    unset: ['revocation_endpoint'],
  });
  await api.setProvider({ id, unset: ['device_authorization_endpoint'] });
  const { name } = await importAccount(api, fake, id, 'plain');
  expect(await api.getAccount(name)).toMatchObject({ state: 'ok' });
});
