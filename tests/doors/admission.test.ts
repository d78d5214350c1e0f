import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createLocalApi, type LocalApi } from '../../daemon/library/api.js';
import { camelCase, type MethodName, methodNames } from '../../shared/contract/index.js';
import { asSigilforgeError } from '../../shared/errors.js';
import { gate } from '../support/gate.js';
import { serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';
import { type Attempt, attempts, lineOf } from './attempts.js';
import { type DoorScene, GRANTS, startDoorScene } from './scene.js';

const DENIED = {
  code: -32006,
  message: 'This connection may use only what was granted to it.',
  data: { kind: 'denied', hint: 'If the program needs more, start it again with a grant for that.' },
};

/** The whole answer, byte by byte: only the id differs. */
const denied = (id: number | null): string => JSON.stringify({ jsonrpc: '2.0', id, error: DENIED });

let scene: DoorScene;

beforeAll(async () => {
  scene = await startDoorScene();
});
afterAll(() => scene.stop());

/** A connection that narrows itself. */
async function restricted(grants: readonly string[] = GRANTS): Promise<WireClient> {
  const client = await WireClient.connect(scene.backend.daemon.socket);
  expect(await client.call('restrict', { grants })).toHaveProperty('result.grants', grants);
  return client;
}

/** A connection that comes through a door. */
async function throughDoor(grants: readonly string[] = GRANTS): Promise<WireClient> {
  const { result } = await scene.owner.call('open_door', { grants });
  return WireClient.connect((result as { socket: string }).socket);
}

describe.each([
  ['a connection that narrowed itself', restricted],
  ['a connection through a door', throughDoor],
])('%s', (_name, open) => {
  let client: WireClient;
  beforeAll(async () => {
    client = await open();
  });
  afterAll(() => client.stop());

  const result = async (method: string, params: object) => (await client.call(method, params)).result;
  const kind = async (method: string, params: object) =>
    (await client.call(method, params)).error?.data?.kind;

  test('is answered what is granted', async () => {
    const account = { service: 'oauth', account: 'granted' };
    expect(await result('get_token', account)).toMatchObject({ access_token: 'a token' });
    expect(await result('get_token', ['OAuth', 'granted'])).toMatchObject({ access_token: 'a token' });
    expect(await result('token_info', account)).toMatchObject({ token_type: 'Bearer' });
    for (const type of ['token', 'access_token']) {
      const reference = `auth://oauth/granted/${type}`;
      expect(await result('resolve', { reference })).toMatchObject({ value: 'a token' });
    }
    const key = { service: 'keys', account: 'granted' };
    expect(await result('get_token', key)).toMatchObject({ access_token: 'key of granted' });
    expect(await result('token_info', key)).toMatchObject({ token_type: 'api_key' });
    const reference = 'auth://keys/granted/api_key';
    expect(await result('resolve', { reference })).toMatchObject({ value: 'key of granted' });
    expect(await result('get_secret', { key: 'team/granted' })).toMatchObject({ value: 'secret of granted' });
    expect(await result('resolve', ['secret://team/granted'])).toMatchObject({ value: 'secret of granted' });
    expect(await result('subscribe', { topics: ['accounts'] })).toHaveProperty('subscription');
    for (const text of ['vals:ref+echo://granted', 'ref+echo://granted']) {
      const { error } = await client.call('resolve', [text]);
      // It is not enabled here, which is another answer than that it is not granted.
      expect(error?.message).not.toBe(DENIED.message);
    }
  });

  test('is told nothing about others by status', async () => {
    const status = await result('status', {});
    expect(status).toMatchObject({ account_count: null, secret_count: null, connections: null });
    expect(status).toMatchObject({ pid: scene.backend.daemon.pid, vault: { state: 'unlocked' } });
  });

  test('hears what is wrong with other parameters of what is granted', async () => {
    const account = { service: 'oauth', account: 'granted' };
    expect(await kind('get_token', { ...account, min_valid_s: 'x' })).toBe('invalid_params');
    expect(await kind('get_token', { ...account, unknown: 1 })).toBe('invalid_params');
    expect(await kind('resolve', { reference: 'secret://team/granted', explain: 1 })).toBe('invalid_params');
    expect(await kind('get_secret', { key: 'team/granted', unknown: 1 })).toBe('invalid_params');
    expect(await kind('subscribe', { topics: [] })).toBe('invalid_params');
    expect(await kind('status', { unknown: 1 })).toBe('invalid_params');
    expect(await kind('restrict', {})).toBe('invalid_params');
  });

  test('is denied everything else in the same bytes, by name and by position', async () => {
    const tried = attempts(scene);
    expect(new Set(tried.map(({ method }) => method)).size).toBeGreaterThan(methodNames.length);
    for (const [id, attempt] of tried.entries()) {
      client.send(`${lineOf(attempt, id)}\n`);
      expect(await client.line(), lineOf(attempt).slice(0, 200)).toBe(denied(id));
    }
    // Nothing of it was done.
    const { result: kept } = await scene.owner.call('get_secret', { key: 'team/granted' });
    expect(kept).toMatchObject({ value: 'secret of granted' });
    const { result: accounts } = await scene.owner.call('list_accounts');
    expect(accounts).toHaveProperty('accounts.length', 4);
    const { result: doors } = await scene.owner.call('list_doors');
    expect(doors).toHaveProperty(
      'doors',
      expect.arrayContaining([expect.objectContaining({ door: scene.ids.door })]),
    );
  });

  test('is denied the same in batches, between what is granted', async () => {
    const tried = attempts(scene);
    const granted = { method: 'get_secret', params: '{"key":"team/granted"}' };
    for (let first = 0; first < tried.length; first += 60) {
      const some = tried.slice(first, first + 60);
      const lines = [granted, ...some, granted].map((attempt, id) => lineOf(attempt, id));
      client.send(`[${lines.join(',')}]\n`);
      const answers = ((await client.answer()) as { id: number; error?: unknown; result?: unknown }[]).sort(
        (one, other) => one.id - other.id,
      );
      expect(answers.map(({ id, error }) => [id, error])).toEqual([
        [0, undefined],
        ...some.map((_, index) => [index + 1, DENIED]),
        [some.length + 1, undefined],
      ]);
    }
  });

  test('gets no answer to a notification, and nothing is done', async () => {
    for (const attempt of attempts(scene)) client.send(`${lineOf(attempt)}\n`);
    expect(await client.call('status', {}, 'after')).toHaveProperty('id', 'after');
    const { result: kept } = await scene.owner.call('get_secret', { key: 'team/granted' });
    expect(kept).toMatchObject({ value: 'secret of granted' });
  });

  test('keeps the errors of the envelope', async () => {
    const { error } = await client.ask({ jsonrpc: '1.0', method: 'list_accounts', id: 1 });
    expect(error?.data?.kind).toBe('invalid_request');
    expect((await client.ask('[]')).error?.data?.kind).toBe('invalid_request');
    expect((await client.ask('{"jsonrpc"')).error?.data?.kind).toBe('parse_error');
  });

  test('gets no more by asking for more', async () => {
    const more = ['auth://*/*/*', 'secret://*/*', 'secret://*', 'auth://oauth/other/token', ...GRANTS];
    const still = await result('restrict', { grants: more, name: 'another' });
    expect([...(still as { grants: string[] }).grants].sort()).toEqual([...GRANTS].sort());
    expect(await kind('restrict', { grants: ['nonsense'] })).toBe('invalid_reference');
    expect(await kind('restrict', { grants: Array.from({ length: 129 }, () => GRANTS[0]) })).toBe(
      'invalid_params',
    );
    for (const [id, attempt] of attempts(scene).entries()) {
      client.send(`${lineOf(attempt, id)}\n`);
      expect(await client.line()).toBe(denied(id));
    }
    expect(await result('get_secret', { key: 'team/granted' })).toMatchObject({ value: 'secret of granted' });
  });

  test('gets less by asking for less, for good', async () => {
    expect(await result('restrict', { grants: ['secret://*/granted'] })).toEqual({
      grants: ['secret://team/granted'],
    });
    expect(await result('get_secret', { key: 'team/granted' })).toMatchObject({ value: 'secret of granted' });
    for (const [method, params] of [
      ['get_token', { service: 'oauth', account: 'granted' }],
      ['get_token', { service: 'keys', account: 'granted' }],
      ['subscribe', { topics: ['accounts'] }],
    ] as const) {
      client.send(`${lineOf({ method, params: JSON.stringify(params) }, 1)}\n`);
      expect(await client.line()).toBe(denied(1));
    }
    expect(await result('restrict', { grants: [...GRANTS] })).toEqual({ grants: ['secret://team/granted'] });
    expect(await result('restrict', { grants: [] })).toEqual({ grants: [] });
    expect(await kind('get_secret', { key: 'team/granted' })).toBe('denied');
    expect(await kind('status', {})).toBeUndefined();
  });
});

test('a time ends what a restrict has left, and a longer one does not lengthen it', async () => {
  const client = await stopAfter(restricted());
  const kind = async () => (await client.call('get_secret', { key: 'team/granted' })).error?.data?.kind;
  const left = { grants: [...GRANTS] };
  expect(await client.call('restrict', { ...left, expires_in_s: 3600 })).toHaveProperty('result', left);
  expect(await kind()).toBeUndefined();
  expect(await client.call('restrict', { ...left, expires_in_s: 0 })).toHaveProperty('result.grants', []);
  expect(await client.call('restrict', { ...left, expires_in_s: 60.5 })).toHaveProperty('result.grants', []);
  expect(await kind()).toBe('denied');
  expect(await client.call('status')).toHaveProperty('result');
});

describe('the library in-process', () => {
  /** Without the client around it, which reads `env://` itself. */
  async function openLibrary(): Promise<LocalApi> {
    vi.stubEnv('SIGILFORGE_HOME', scene.backend.sandbox.home);
    const api = await createLocalApi().finally(() => vi.unstubAllEnvs());
    onTestFinished(() => api.close());
    return api;
  }

  /** The attempts that a program can make by functions: parameters by name, methods that there are. */
  const possible = ({ method, params }: Attempt): boolean =>
    (methodNames as readonly string[]).includes(method) && !params?.startsWith('[');

  test('is narrowed for good, and denies in the same words', async () => {
    const api = await openLibrary();
    expect((await api.status()).account_count).toBe(4);
    expect(await api.restrict({ grants: [...GRANTS] })).toEqual({ grants: GRANTS });
    expect(await api.getToken({ service: 'keys', account: 'granted' })).toMatchObject({
      access_token: 'key of granted',
    });
    expect(await api.getSecret({ key: 'team/granted' })).toMatchObject({ value: 'secret of granted' });
    expect(await api.status()).toMatchObject({ account_count: null, secret_count: null, connections: null });
    const tried = attempts(scene).filter(possible);
    for (const { method, params } of tried) {
      const call: (given: never) => Promise<unknown> = api[camelCase(method as MethodName)];
      const thrown = await call(
        params === undefined ? (undefined as never) : (JSON.parse(params) as never),
      ).then(() => undefined, asSigilforgeError);
      expect(thrown?.toWire(), `${method} ${params}`).toEqual(DENIED);
    }
    expect(await api.restrict({ grants: ['secret://*/*', 'auth://*/*/*'] })).toHaveProperty(
      'grants.length',
      3,
    );
    await expect(api.listAccounts()).rejects.toMatchObject({ kind: 'denied' });
  });

  test('has no doors', async () => {
    const api = await openLibrary();
    await expect(api.openDoor({ grants: [] })).rejects.toMatchObject({ kind: 'daemon_unavailable' });
    expect(await api.listDoors()).toEqual({ doors: [], cursor: null });
    expect(await api.closeDoor({ door: scene.ids.door })).toEqual({ closed: false });
  });
});

describe('an API key that is granted', () => {
  test('stands for the token of an account only if that is one', async () => {
    const grants = ['auth://oauth/other/api_key', 'auth://absent/other/api_key', 'auth://keys/other/api_key'];
    const client = await throughDoor(grants);
    const tokenOf = async (service: string) =>
      (await client.call('get_token', { service, account: 'other' })).error?.message;
    expect([await tokenOf('keys'), await tokenOf('oauth'), await tokenOf('absent')]).toEqual([
      undefined,
      DENIED.message,
      DENIED.message,
    ]);
    await client.stop();
  });
});

describe('what was sent right behind a restrict', () => {
  test.each([
    ['in lines', (lines: readonly string[]) => lines.join('\n')],
    ['in a batch', (lines: readonly string[]) => `[${lines.join(',')}]`],
  ])('is narrowed too, %s', async (_name, joined) => {
    const client = await WireClient.connect(scene.backend.daemon.socket);
    const lines = [
      lineOf({ method: 'restrict', params: '{"grants":["secret://team/granted"]}' }, 0),
      ...['get_secret', 'get_secrets', 'list_accounts', 'get_token', 'list_secrets'].map((method, index) =>
        lineOf({ method, params: '{"key":"team/other"}' }, index + 1),
      ),
    ];
    client.send(`${joined(lines)}\n`);
    const answers: { id?: unknown; error?: unknown }[] = [];
    while (answers.length < lines.length) answers.push(...[await client.answer()].flat());
    const wrong = answers.filter(
      ({ id, error }) => id !== 0 && JSON.stringify(error) !== JSON.stringify(DENIED),
    );
    expect(wrong).toEqual([]);
    await client.stop();
  });
});

test('what is denied waits behind nothing that is granted and takes long', async () => {
  const answer = gate();
  const { socket } = await stopAfter(
    serveStub({
      handlers: {
        restrict: ({ grants }, peer) => {
          peer.rights.narrow(grants);
          return { grants };
        },
        get_secret: async ({ key }) => {
          await answer.opened;
          return { key, value: 'x', encoding: 'utf8', backend: 'vault' };
        },
      },
    }),
  );
  const client = await stopAfter(WireClient.connect(socket));
  await client.call('restrict', { grants: ['secret://team/granted'] });
  client.send(`${lineOf({ method: 'get_secret', params: '{"key":"team/granted"}' }, 0)}\n`);
  for (const [index, method] of ['get_secret', 'list_secrets', 'get_secrets', 'vault_rotate'].entries()) {
    client.send(`${lineOf({ method, params: '{"key":"team/other"}' }, index + 1)}\n`);
    expect(await client.line()).toBe(denied(index + 1));
  }
  answer.open();
  expect(await client.answer()).toMatchObject({ id: 0, result: { value: 'x' } });
});

describe('events', () => {
  /** The accounts that a client hears of until one more event, of an account that it hears of anyway. */
  async function heard(client: WireClient, last: string): Promise<string[]> {
    const names: string[] = [];
    for (;;) {
      const { params } = await client.answer();
      const { service, account } = params as { service: string; account: string };
      names.push(`${service}/${account}`);
      if (names.at(-1) === last) return names;
    }
  }

  async function change(service: string, account: string): Promise<void> {
    const credential = { api_key: 'another key' };
    const { error } = await scene.owner.call('add_account', { service, account, credential });
    expect(error).toBeUndefined();
  }

  test('are only of accounts whose token or API key is granted, before and after a restrict', async () => {
    const early = await WireClient.connect(scene.backend.daemon.socket);
    await early.call('subscribe', { topics: ['accounts'] });
    const grants = [
      ...['auth://events/token/token', 'auth://events/key/api_key', 'auth://events/last/*'],
      // This one is not an API key, so its token is not granted either.
      'auth://oauth/other/api_key',
    ];
    await early.call('restrict', { grants });
    const late = await throughDoor(grants);
    await late.call('subscribe', { topics: ['accounts'] });
    const refreshed = await scene.owner.call('refresh_token', { service: 'oauth', account: 'other' });
    expect(refreshed.error).toBeUndefined();
    for (const account of ['other', 'token', 'key', 'another', 'last']) await change('events', account);
    for (const client of [early, late]) {
      expect(await heard(client, 'events/last')).toEqual(['events/token', 'events/key', 'events/last']);
      await client.stop();
    }
  });

  test('cannot be subscribed to without an account', async () => {
    const client = await throughDoor(['secret://team/granted', 'auth://oauth/granted/client_id']);
    client.send(`${lineOf({ method: 'subscribe', params: '{"topics":["accounts"]}' }, 1)}\n`);
    expect(await client.line()).toBe(denied(1));
    await client.stop();
  });
});
