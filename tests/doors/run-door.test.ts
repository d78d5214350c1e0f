import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MethodName, methodNames } from '../../shared/contract/index.js';
import { doorPath } from '../../shared/door-path.js';
import { isRecord } from '../../shared/json.js';
import { type CapabilityFiles, writeCapability } from '../support/capabilities.js';
import { gate } from '../support/gate.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';
import { type Attempt, attempts, lineOf } from './attempts.js';
import { type DoorScene, GRANTS, startDoorScene } from './scene.js';

const DENIED = {
  code: -32006,
  message: 'This connection may use only what was granted to it.',
  data: { kind: 'denied', hint: 'If the program needs more, start it again with a grant for that.' },
};
const denied = (id: number | null): string => JSON.stringify({ jsonrpc: '2.0', id, error: DENIED });

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the package puts on the disk for a program that imports the client library. */
const LIBRARY = ['package.json', 'dist/client.cjs', 'dist/client.mjs'];

/** It stays until it is ended. */
const WAITING = { 'main.mjs': 'export const run = () => new Promise(() => setInterval(() => {}, 60_000));' };

/** The methods that a run may call for its own capability, with the order of their parameters. */
const OWN: ReadonlyMap<string, readonly string[]> = new Map([
  ['request_secret', ['secrets', 'url_elicitation', 'capability']],
  // Of others it is told the same as of those that are not there.
  ['wait_secret_request', ['request_id', 'timeout_s']],
  ['propose_grant', ['reference', 'reason', 'capability']],
  ['storage_get', ['key', 'capability']],
  ['storage_set', ['key', 'value', 'expected_version', 'capability']],
  ['storage_delete', ['key', 'expected_version', 'capability']],
  ['storage_list', ['prefix', 'capability', 'cursor']],
]);

interface Run {
  readonly id: string;
  readonly door: string;
  readonly socket: string;
  /** Another connection through its door. */
  connect(): Promise<WireClient>;
}

async function register(
  scene: DoorScene,
  name: string,
  files: CapabilityFiles,
  { grants = GRANTS, asksFor = [] }: { grants?: readonly string[]; asksFor?: readonly string[] } = {},
): Promise<void> {
  const folder = path.join(scene.backend.sandbox.home, `made-${name}`);
  const manifest = { name, version: '1', run: { runner: 'node', entry: 'main.mjs' }, grants: asksFor };
  await writeCapability(folder, { 'manifest.json': JSON.stringify(manifest), ...files });
  await scene.backend.api.registerCapability({ path: folder });
  for (const grant of grants) await scene.backend.api.grantCapability({ name, grant });
}

/** Starts a run, and waits until its program runs. */
async function startRun({ backend }: DoorScene, name: string): Promise<Run> {
  const api = await backend.connect();
  await api.subscribe({ topics: ['runs'] });
  const started = new Set<string>();
  const heard = gate();
  let id = '';
  api.onEvent((event) => {
    if (event.topic !== 'runs' || event.type !== 'run_started') return;
    started.add(event.run_id);
    if (started.has(id)) heard.open();
  });
  id = (await api.runCapability({ name })).run.id;
  if (started.has(id)) heard.open();
  await heard.opened;
  const { doors } = await api.listDoors();
  const door = doors.find((one) => one.name === `run:${name}`)?.door ?? expect.fail();
  const socket = doorPath(door, { socket: backend.daemon.socket, temp: '/nowhere' });
  return { id, door, socket, connect: () => WireClient.connect(socket) };
}

describe('what a run asks for', () => {
  let scene: DoorScene;
  let run: Run;
  let client: WireClient;
  let earlier: string;
  let otherRun: string;
  let elsewhere: string;
  let asked: readonly string[];
  let proposed: readonly string[];

  beforeAll(async () => {
    scene = await startDoorScene();
    const { api } = scene.backend;
    await register(scene, 'other', WAITING);
    await api.storageSet({ capability: 'other', key: 'mine', value: 'of the other' });
    await api.setCapabilitySecret({ name: 'other', key: 'KEY', value: 'of the other' });
    otherRun = (await startRun(scene, 'other')).id;
    await register(scene, 'own', WAITING);
    await api.setCapabilitySecret({ name: 'own', key: 'KEY', value: 'a secret of its own' });
    earlier = (await api.runCapability({ name: 'own' })).run.id;
    await api.cancelRun({ run_id: earlier });
    elsewhere = (await api.createRun({ task: 'elsewhere' })).run.id;
    const secrets = [{ name: 'KEY' }];
    const ask = async (capability: string) => (await api.requestSecret({ capability, secrets })).request_id;
    asked = [await ask('own'), await ask('other')];
    const proposal = { reference: 'secret://team/other', reason: 'To read it.' };
    const propose = async (capability: string) =>
      (await api.proposeGrant({ ...proposal, capability })).proposal_id;
    proposed = [await propose('own'), await propose('other')];
    run = await startRun(scene, 'own');
    client = await run.connect();
  }, 60_000);
  afterAll(async () => {
    await client.stop();
    await scene.stop();
  });

  const result = async (method: string, params?: unknown) =>
    (await client.ask({ jsonrpc: '2.0', id: 1, method, params })).result;

  /** What is left to it: its own storage, messages of its own run, and what it asks a person for. */
  function isOwn({ method, params }: Attempt): boolean {
    const given: unknown = params === undefined ? undefined : JSON.parse(params);
    if (method === 'storage_list' && (given === undefined || given === null)) return true;
    const names = OWN.get(method);
    if (names === undefined) return false;
    if (Array.isArray(given))
      return given.length <= names.length && (given[names.indexOf('capability')] ?? null) === null;
    return isRecord(given) && (given['capability'] ?? null) === null;
  }

  /** Names and ids of others, and of what is its own and not its business. */
  function guesses(): Attempt[] {
    const of = (method: MethodName, params: unknown): Attempt => ({ method, params: JSON.stringify(params) });
    const absent = '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d';
    const runIds = [run.id, earlier, otherRun, elsewhere, absent];
    const strange = ['other', 'absent', '', '*', 'OWN', 'own ', 'own/', '__proto__', 1, true, ['own'], {}];
    const named: readonly MethodName[] = [
      ...(['get_capability', 'remove_capability', 'check_capability', 'trust_capability'] as const),
      ...(['list_capability_versions', 'list_capability_secrets', 'run_capability'] as const),
    ];
    return [
      ...strange.flatMap((capability) => [
        of('storage_get', { key: 'mine', capability }),
        of('storage_get', ['mine', capability]),
        of('storage_set', { key: 'mine', value: 1, capability }),
        of('storage_set', ['mine', 1, null, capability]),
        of('storage_delete', { key: 'mine', capability }),
        of('storage_delete', ['mine', null, capability]),
        of('storage_list', { capability }),
        of('storage_list', [null, capability]),
        of('request_secret', { capability, secrets: [{ name: 'KEY' }] }),
        of('request_secret', [[{ name: 'KEY' }], null, capability]),
        of('propose_grant', { reference: 'secret://team/other', reason: 'x', capability }),
        of('propose_grant', ['secret://team/other', 'x', capability]),
      ]),
      ...[...asked, absent].flatMap((request_id) => [
        of('answer_secret_request', { request_id, values: { KEY: 'x' } }),
        of('decline_secret_request', { request_id }),
      ]),
      ...[...proposed, absent].flatMap((proposal_id) => [
        of('accept_proposal', { proposal_id }),
        of('decline_proposal', { proposal_id }),
      ]),
      ...[{}, { capability: 'own' }].map((params) => of('list_proposals', params)),
      of('list_secret_requests', {}),
      ...[...runIds.slice(1), '', 'x', null, 1, [run.id], {}].flatMap((run_id) => [
        of('append_message', { run_id, role: 'assistant', content: 'x' }),
        of('append_message', [run_id, 'assistant', 'x']),
      ]),
      of('append_message', { role: 'assistant', content: 'x' }),
      ...runIds.flatMap((run_id) => [
        of('get_run', { run_id }),
        of('list_messages', { run_id }),
        of('wait_run', { run_id, timeout_s: 0 }),
        of('cancel_run', { run_id }),
        of('finish_run', { run_id, status: 'completed' }),
      ]),
      ...['own', 'other', 'absent'].flatMap((name) => [
        ...named.map((method) => of(method, { name })),
        ...['secret://team/other', 'secret://*/*'].map((grant) => of('grant_capability', { name, grant })),
        of('revoke_capability', { name, grant: GRANTS[0] }),
        of('set_capability_active', { name, active: false }),
        of('set_capability_secret', { name, key: 'KEY', value: 'x' }),
        of('delete_capability_secret', { name, key: 'KEY' }),
        of('list_runs', { capability: name }),
      ]),
      of('register_capability', { path: path.join(scene.backend.sandbox.home, 'made-own') }),
      of('create_run', { task: 'x' }),
      of('close_door', { door: run.door }),
      ...[['runs'], ['accounts', 'runs'], ['runs', 'runs']].map((topics) => of('subscribe', { topics })),
      of('subscribe', [['runs']]),
    ];
  }

  test('is answered if it was granted', async () => {
    const account = { service: 'oauth', account: 'granted' };
    expect(await result('get_token', account)).toMatchObject({ access_token: 'a token' });
    expect(await result('get_secret', ['team/granted'])).toMatchObject({ value: 'secret of granted' });
    expect(await result('resolve', { reference: 'auth://keys/granted/api_key' })).toMatchObject({
      value: 'key of granted',
    });
    expect(await result('status')).toMatchObject({ account_count: null, secret_count: null });
  });

  test('its own storage is its own, with and without its name', async () => {
    expect(await result('storage_get', { key: 'mine' })).toMatchObject({ value: null, version: null });
    expect(await result('storage_set', { key: 'mine', value: { a: [1] } })).toMatchObject({ version: 1 });
    expect(await result('storage_get', ['mine', 'own'])).toMatchObject({ value: { a: [1] } });
    for (const params of [undefined, {}, [], { capability: null }, { capability: 'own' }])
      expect(await result('storage_list', params)).toMatchObject({ items: [{ key: 'mine', version: 1 }] });
    expect(await result('storage_delete', { key: 'mine', expected_version: 1 })).toEqual({ deleted: true });
    const { api } = scene.backend;
    expect(await api.storageGet({ capability: 'other', key: 'mine' })).toMatchObject({
      value: 'of the other',
    });
  });

  test('messages go to its own run, without what went out to it', async () => {
    const { value } = (await result('get_secret', { key: 'team/granted' })) as { value: string };
    const message = { run_id: run.id, role: 'tool' };
    expect(await result('append_message', { ...message, content: `Got ${value}.` })).toHaveProperty(
      'message',
    );
    expect(await result('append_message', [run.id, 'tool', 'by position'])).toHaveProperty('message');
    const { messages } = await scene.backend.api.listMessages({ run_id: run.id });
    const contents = messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
    expect(contents).toEqual([expect.not.stringContaining(value), 'by position']);
  });

  test('a person is asked for secrets of its own, and it waits only for those', async () => {
    const secrets = [{ name: 'KEY', description: 'To ask.' }];
    const { request_id } = (await result('request_secret', { secrets })) as { request_id: string };
    for (const id of [request_id, asked[0]])
      expect(await result('wait_secret_request', { request_id: id, timeout_s: 0 })).toEqual({
        ...{ request_id: id, status: 'pending', error: null },
      });
    const absent = '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d';
    const answers: string[] = [];
    for (const id of [asked[1], absent]) {
      client.send(`${lineOf({ method: 'wait_secret_request', params: JSON.stringify([id, 0]) }, 1)}\n`);
      answers.push((await client.line()) ?? '');
    }
    expect(answers[0]).toContain('"kind":"not_found"');
    expect(answers[0]).toBe(answers[1]);
    const { requests } = await scene.backend.api.listSecretRequests();
    expect(requests.find(({ id }) => id === request_id)).toMatchObject({ capability: 'own' });
  });

  test('grants are proposed for itself', async () => {
    const proposal = ['secret://team/more', 'To read it.'];
    const first = (await result('propose_grant', proposal)) as { proposal_id: string };
    expect(await result('propose_grant', [...proposal, 'own'])).toEqual(first);
    const { proposals } = await scene.backend.api.listProposals({ capability: 'own' });
    expect(proposals.map(({ id }) => id)).toEqual([proposed[0], first.proposal_id]);
    await expect(client.call('propose_grant', [GRANTS[2], 'x'])).resolves.toHaveProperty(
      'error.data.kind',
      'already_exists',
    );
  });

  test('everything else is denied in the same bytes, whatever it is', async () => {
    const tried = [...attempts(scene).filter((attempt) => !isOwn(attempt)), ...guesses()];
    expect(new Set(tried.map(({ method }) => method)).size).toBeGreaterThan(methodNames.length);
    for (const [id, attempt] of tried.entries()) {
      client.send(`${lineOf(attempt, id)}\n`);
      expect(await client.line(), lineOf(attempt).slice(0, 200)).toBe(denied(id));
    }
    for (const attempt of tried) client.send(`${lineOf(attempt)}\n`);
    expect(await client.call('status', {}, 'after')).toHaveProperty('id', 'after');
    // Nothing of it was done.
    const { api } = scene.backend;
    expect(await api.storageGet({ capability: 'other', key: 'mine' })).toMatchObject({ version: 1 });
    expect((await api.getCapability({ name: 'own' })).capability).toMatchObject({ active: true });
    expect((await api.getCapability({ name: 'own' })).capability.grants).toHaveLength(GRANTS.length);
    for (const run_id of [otherRun, run.id])
      expect((await api.getRun({ run_id })).run).toMatchObject({ status: 'running' });
    for (const run_id of [otherRun, earlier, elsewhere]) {
      expect((await api.listMessages({ run_id })).messages).toEqual([]);
    }
    expect((await api.listSecretRequests()).requests.map(({ id }) => id)).toEqual(
      expect.arrayContaining([...asked]),
    );
    expect((await api.listProposals()).proposals.map(({ id }) => id)).toEqual(
      expect.arrayContaining([...proposed]),
    );
  });

  test('less is left by restrict, and its own stays its own', async () => {
    const narrowed = await run.connect();
    expect(await narrowed.call('restrict', { grants: ['secret://*/*'] })).toHaveProperty('result.grants', [
      'secret://team/granted',
    ]);
    expect(await narrowed.call('storage_list', {})).toHaveProperty('result.items');
    narrowed.send(`${lineOf({ method: 'storage_list', params: '{"capability":"other"}' }, 1)}\n`);
    expect(await narrowed.line()).toBe(denied(1));
    await narrowed.stop();
  });
});

describe('what is taken back in the middle of a run', () => {
  const SECRET = 'secret://team/granted';

  async function running(grants: readonly string[] = GRANTS) {
    const scene = await stopAfter(startDoorScene());
    await register(scene, 'own', WAITING, { grants });
    const run = await startRun(scene, 'own');
    const early = await stopAfter(run.connect());
    const revoke = (grant: string) => scene.backend.api.revokeCapability({ name: 'own', grant });
    return { scene, run, early, revoke };
  }

  const secretBy = async (client: WireClient, key = 'team/granted') => {
    const { result, error } = await client.call('get_secret', { key });
    return error?.data?.kind ?? (result as { value: string }).value;
  };

  test('is denied at once, over connections of before and of after, and comes back for the next run', async () => {
    const { scene, run, early, revoke } = await running();
    expect(await secretBy(early)).toBe('secret of granted');
    await revoke(SECRET);
    expect(await secretBy(early)).toBe('denied');
    const late = await stopAfter(run.connect());
    expect(await secretBy(late)).toBe('denied');
    expect(await late.call('get_token', { service: 'oauth', account: 'granted' })).toHaveProperty('result');
    await scene.backend.api.grantCapability({ name: 'own', grant: SECRET });
    await scene.backend.api.grantCapability({ name: 'own', grant: 'secret://team/other' });
    for (const client of [early, late, await stopAfter(run.connect())]) {
      expect(await secretBy(client)).toBe('denied');
      expect(await secretBy(client, 'team/other')).toBe('denied');
    }
    await scene.backend.api.cancelRun({ run_id: run.id });
    const next = await stopAfter((await startRun(scene, 'own')).connect());
    expect([await secretBy(next), await secretBy(next, 'team/other')]).toEqual([
      'secret of granted',
      'secret of other',
    ]);
  });

  test('is not handed out to a call that waited', async () => {
    const [asked, answered] = [gate(), gate()];
    let count = 0;
    const scene = await stopAfter(
      startDoorScene(async () => {
        count += 1;
        const body = { access_token: `token ${count}`, token_type: 'Bearer', expires_in: 3600 };
        if (count <= 2) return { body };
        asked.open();
        await answered.opened;
        return { body };
      }),
    );
    await register(scene, 'own', WAITING);
    const client = await stopAfter((await startRun(scene, 'own')).connect());
    const account = { service: 'oauth', account: 'granted' };
    const params = { ...account, rejected_token: 'token 1' };
    client.send(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'get_token', params })}\n`);
    await asked.opened;
    await scene.backend.api.revokeCapability({ name: 'own', grant: GRANTS[0] });
    answered.open();
    expect(await client.line()).toBe(denied(1));
    // For others it is there.
    expect(await scene.backend.api.getToken(account)).toMatchObject({ access_token: 'token 3' });
  });

  test('tells no events any more', async () => {
    const { scene, early, revoke } = await running(['auth://keys/*/api_key', 'auth://keys/last/*']);
    expect(await early.call('subscribe', { topics: ['accounts'] })).toHaveProperty('result');
    const change = (account: string) =>
      scene.backend.api.addAccount({ service: 'keys', account, credential: { api_key: 'another' } });
    await change('first');
    expect(await early.answer()).toHaveProperty('params.account', 'first');
    await revoke('auth://keys/*/api_key');
    await change('second');
    await change('last');
    expect(await early.answer()).toHaveProperty('params.account', 'last');
  });

  test('whatever else is granted: lists that have much in common neither fail nor end the daemon', async () => {
    const numbers = Array.from({ length: 63 }, (_, index) => index);
    const across = numbers.flatMap((index) => [`secret://*/${index}`, `secret://${index}/*`]);
    const { scene, run, early, revoke } = await running(['secret://*/*', 'secret://team/*', ...across]);
    const narrowed = await stopAfter(run.connect());
    expect(await narrowed.call('restrict', { grants: ['secret://team/*'] })).toHaveProperty('result');
    await revoke('secret://*/*');
    for (const client of [early, narrowed, await stopAfter(run.connect())])
      expect(await secretBy(client)).toBe('secret of granted');
    await revoke('secret://team/*');
    for (const grant of numbers.slice(0, 5).map((index) => `secret://*/${index}`)) await revoke(grant);
    for (const client of [early, narrowed, await stopAfter(run.connect())])
      expect(await secretBy(client)).toBe('denied');
    expect(await scene.backend.api.status()).toMatchObject({ pid: scene.backend.daemon.pid });
  });
});

describe('the door itself', () => {
  test('is listed by the name of its capability, and goes with the run', async () => {
    const scene = await stopAfter(startDoorScene());
    const { api } = scene.backend;
    await register(scene, 'own', WAITING);
    const run = await startRun(scene, 'own');
    const client = await stopAfter(run.connect());
    const { doors } = await api.listDoors();
    expect(doors).toContainEqual({
      ...{ door: run.door, name: 'run:own', grants: [...GRANTS].sort(), expires_at: null },
      ...{ opened_at: expect.any(String), connections: 2 },
    });
    await client.call('get_secret', { key: 'team/granted' });
    const { records } = await api.listAudit();
    const released = { method: 'get_secret', door: 'run:own', outcome: 'released' };
    expect(records).toContainEqual(expect.objectContaining(released));
    await api.cancelRun({ run_id: run.id });
    expect(await client.line()).toBeUndefined();
    expect(existsSync(run.socket)).toBe(false);
    expect((await api.listDoors()).doors.map(({ name }) => name)).toEqual(['other']);
  });

  test('is closed by a person for good, and its run goes on', async () => {
    const scene = await stopAfter(startDoorScene());
    const { api } = scene.backend;
    await register(scene, 'own', WAITING);
    const run = await startRun(scene, 'own');
    const client = await stopAfter(run.connect());
    expect(await api.closeDoor({ door: run.door })).toEqual({ closed: true });
    expect(await client.answer()).toMatchObject({ method: 'door_closed', params: { door: run.door } });
    expect(await client.line()).toBeUndefined();
    await expect(run.connect()).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await api.getRun({ run_id: run.id })).run).toMatchObject({ status: 'running' });
    await api.revokeCapability({ name: 'own', grant: GRANTS[0] });
    expect(await api.cancelRun({ run_id: run.id })).toEqual({ cancelled: true });
    expect(await api.status()).toMatchObject({ pid: scene.backend.daemon.pid });
  });
});

describe('the client library, as it is', () => {
  const PROGRAM = `
import { connect } from 'sigilforge';
export async function run({ way }, { run_id }) {
  delete process.env[way === 'socket' ? 'SIGILFORGE_FD' : 'SIGILFORGE_SOCKET'];
  const client = await connect();
  const kind = (call) => call.then(() => 'answered', (thrown) => thrown.kind);
  const secret = await client.getSecret({ key: 'team/granted' });
  const { version } = await client.storageSet({ key: 'n', value: [way] });
  await client.appendMessage({ run_id, role: 'assistant', content: 'The secret is ' + secret.value });
  const found = {
    via: client.via,
    length: secret.value.length,
    stored: await client.storageGet({ key: 'n' }),
    items: (await client.storageList()).items.length,
    refused: [await kind(client.getSecret({ key: 'team/other' })), await kind(client.listSecrets()),
      await kind(client.storageList({ capability: 'absent' })), await kind(client.getRun({ run_id }))],
  };
  await client.close();
  return JSON.stringify({ ...found, version });
}
`;

  test.each(['fd', 'socket'])('works over both ways in: %s', async (way) => {
    const scene = await stopAfter(startDoorScene());
    const { api, sandbox } = scene.backend;
    const library = path.join(sandbox.home, 'made-own', 'node_modules', 'sigilforge');
    await mkdir(path.join(library, 'dist'), { recursive: true, mode: 0o700 });
    for (const file of LIBRARY) await cp(path.join(ROOT, file), path.join(library, file));
    await register(scene, 'own', { 'main.mjs': PROGRAM });
    const { run, response } = await api.runCapability({ name: 'own', args: { way }, wait: true });
    expect(run).toMatchObject({ status: 'completed', error: null });
    expect(JSON.parse(response ?? '')).toEqual({
      ...{ via: 'daemon', length: 17, items: 1, version: 1 },
      stored: { key: 'n', value: [way], version: 1 },
      refused: ['denied', 'denied', 'denied', 'denied'],
    });
    const { messages } = await api.listMessages({ run_id: run.id });
    const [said] = messages.filter(({ role }) => role === 'assistant');
    expect(said?.content).toMatch(/^The secret is (?!secret of granted)/);
  });
});
