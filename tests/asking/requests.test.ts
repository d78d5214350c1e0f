import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { SecretRequestState } from '../../shared/contract/index.js';
import { MAX_SECRET_BYTES } from '../../shared/limits.js';
import { Secret } from '../../shared/secret.js';
import { capabilityScene } from '../capabilities/scene.js';
import { weather, writeCapability } from '../support/capabilities.js';
import { startDaemon, startLibrary } from '../support/start/backends.js';
import { aPeer } from '../support/start/peers.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type AskingScene, askingScene } from './scene.js';

const HOUR_MS = 3_600_000;
const NO_DESKTOP = { config: '[asking]\ndesktop = false' };

interface RequestScene extends AskingScene {
  readonly requests: AskingScene['core']['asking']['secretRequests'];
  /** Asks for secrets of these names. Returns the id of the request. */
  ask(capability?: string, names?: readonly string[]): Promise<string>;
  /** Waits for its end, like one who never leaves. */
  wait(id: string): Promise<SecretRequestState>;
  save(id: string, values?: Readonly<Record<string, string>>): Promise<SecretRequestState>;
  /** Ends it as three wrong tries do. */
  endByWords(id: string): void;
  /** What a person sees: capabilities, and whether it is their turn. */
  shown(): [capability: string, isOpen: boolean][];
  isSet(name: string, capability?: string): boolean;
}

/** With the capabilities `weather` and `other`. */
async function scene(): Promise<RequestScene> {
  const asking = await askingScene();
  const { core } = asking;
  const requests = core.asking.secretRequests;
  requests.begin();
  await asking.register('weather');
  await asking.register('other');
  return {
    ...{ ...asking, requests },
    async ask(capability = 'weather', names = ['API_KEY']) {
      const secrets = names.map((name) => ({ name, description: `What ${name} is for.` }));
      return (await requests.ask(capability, { secrets, url_elicitation: false })).request_id;
    },
    wait: (id) => requests.wait(id, 700, aPeer()),
    save: (id, values = { API_KEY: 'a value' }) =>
      requests.save(id, new Map(Object.entries(values).map(([name, value]) => [name, new Secret(value)]))),
    endByWords: (id) => {
      for (let tries = 0; tries < 3; tries++) requests.find(id).takesWords('not these');
    },
    shown: () =>
      requests.list(undefined).requests.map(({ capability, words, expires_at }) => {
        expect(words === null).toBe(expires_at === null);
        return [capability, words !== null];
      }),
    isSet: (name, capability = 'weather') =>
      core.capabilities.ownSecrets.list(capability, undefined).secrets.some(({ key }) => key === name),
  };
}

describe('requests for secrets', () => {
  test('are open one at a time for each capability, in the order in which they came', async () => {
    const { ask, requests, save, shown } = await scene();
    const [first, , third] = [await ask(), await ask('other'), await ask()];
    expect(shown()).toEqual([
      ['weather', true],
      ['other', true],
      ['weather', false],
    ]);
    await save(first);
    await vi.waitFor(() =>
      expect(shown()).toEqual([
        ['other', true],
        ['weather', true],
      ]),
    );
    const [, last] = requests.list(undefined).requests;
    expect(last).toMatchObject({
      id: third,
      secrets: [
        {
          ...{ name: 'API_KEY', description: 'What API_KEY is for.' },
          ...{ obtain: null, obtain_instructions: null },
        },
      ],
      words: expect.stringMatching(/^[a-z]+ [a-z]+$/),
    });
  });

  test('answer with an id and a sentence, and with an address only for who can show it', async () => {
    const { requests } = await scene();
    const secrets = [{ name: 'API_KEY', description: '' }];
    const plain = await requests.ask('weather', { secrets, url_elicitation: false });
    expect(plain).toMatchObject({
      ...{ url: null, expires_at: expect.stringMatching(/Z$/) },
      message: expect.stringMatching(/^weather asks for API_KEY\. .*sigilforge secret requests$/),
    });
    const later = await requests.ask('weather', { secrets, url_elicitation: true });
    expect(later).toMatchObject({
      ...{ url: expect.stringContaining(requests.find(later.request_id).path), expires_at: null },
    });
    // No answer has the words.
    for (const { id, words } of requests.list(undefined).requests)
      if (words !== null)
        expect(JSON.stringify([plain, later, requests.find(id).state])).not.toContain(words);
  });

  test('are refused for a capability that is not there, and for a name that comes twice', async () => {
    const { ask } = await scene();
    await expect(ask('absent')).rejects.toMatchObject({ kind: 'not_found' });
    await expect(ask('weather', ['A', 'B', 'A'])).rejects.toMatchObject({
      ...{ kind: 'invalid_params', message: 'secrets names A twice.' },
    });
  });

  test('wait up to eight of one capability, and 64 in all', async () => {
    const { ask, register, requests } = await scene();
    const tooMany = { kind: 'limit_exceeded', message: 'Too many requests for secrets wait for a person.' };
    for (let count = 0; count < 8; count++) await ask();
    await expect(ask()).rejects.toMatchObject(tooMany);
    for (let number = 0; number < 7; number++) {
      await register(`more-${number}`);
      for (let count = 0; count < 8; count++) await ask(`more-${number}`);
    }
    await expect(ask('other')).rejects.toMatchObject(tooMany);
    const [{ id } = expect.fail()] = requests.list(undefined).requests;
    requests.decline(id);
    await vi.waitFor(() => expect(requests.list(undefined).requests).toHaveLength(63));
    await ask('other');
  });

  test('stop for an hour after three that were ended', async () => {
    const { ask, clock, endByWords, wait } = await scene();
    for (let count = 0; count < 3; count++) {
      const id = await ask();
      const over = wait(id);
      endByWords(id);
      expect(await over).toMatchObject({ status: 'ended', error: 'The words were wrong 3 times.' });
    }
    await expect(ask()).rejects.toMatchObject({
      ...{ kind: 'limit_exceeded' },
      message: 'In the last hour, 3 requests of weather for secrets were ended.',
    });
    await ask('other');
    clock.passed += HOUR_MS;
    await ask();
  });

  test('are made 20 times an hour at most', async () => {
    const { ask, clock, requests, wait } = await scene();
    const declined = async () => {
      const id = await ask();
      requests.decline(id);
      await wait(id);
    };
    for (let count = 0; count < 20; count++) await declined();
    await expect(ask()).rejects.toMatchObject({
      ...{ kind: 'limit_exceeded' },
      message: 'In the last hour, 20 requests of weather for secrets were made.',
    });
    clock.passed += HOUR_MS;
    await declined();
  });

  test('end with the daemon, for all who wait', async () => {
    const { ask, requests, wait } = await scene();
    const ids = [await ask(), await ask(), await ask('other')];
    const over = Promise.all(ids.map(wait));
    requests.close();
    for (const state of await over)
      expect(state).toMatchObject({ status: 'ended', error: 'The daemon ended.' });
    await expect(ask()).rejects.toMatchObject({ message: expect.stringContaining('shutting down') });
  });

  test('are only for a daemon', async () => {
    const { api, sandbox } = await stopAfter(startLibrary(NO_DESKTOP));
    const folder = path.join(sandbox.home, 'weather');
    await api.registerCapability({ path: await writeCapability(folder, weather) });
    const request_id = '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d';
    const calls = [
      api.requestSecret({ capability: 'weather', secrets: [{ name: 'API_KEY' }] }),
      api.listSecretRequests(),
      api.waitSecretRequest({ request_id }),
      api.answerSecretRequest({ request_id, values: {} }),
      api.declineSecretRequest({ request_id }),
    ];
    for (const outcome of await Promise.allSettled(calls))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'daemon_unavailable' } });
  });
});

describe('who waits', () => {
  test('learns the end with all others, and never a value', async () => {
    const { ask, wait, save } = await scene();
    const id = await ask();
    const waiting = [wait(id), wait(id), wait(id)];
    await save(id, { API_KEY: 'canary-of-a-request' });
    const saved = { request_id: id, status: 'saved', error: null };
    expect(await Promise.all(waiting)).toEqual([saved, saved, saved]);
    // Also one who asks afterwards.
    expect(await wait(id)).toEqual(saved);
  });

  test('and is gone ends nothing', async () => {
    const { ask, requests } = await scene();
    const id = await ask();
    const leaving = new AbortController();
    const kept = { now: 0 };
    const waiter = {
      gone: leaving.signal,
      keep: () => {
        kept.now += 1;
        return () => {
          kept.now -= 1;
        };
      },
    };
    const waiting = requests.wait(id, 600, waiter);
    expect(kept.now).toBe(1);
    leaving.abort();
    expect(await waiting).toEqual({ request_id: id, status: 'pending', error: null });
    expect(kept.now).toBe(0);
    expect(requests.list(undefined).requests).toHaveLength(1);
  });

  test('may only look', async () => {
    const { ask, requests, wait } = await scene();
    const id = await ask();
    expect(await requests.wait(id, 0, aPeer())).toMatchObject({ status: 'pending' });
    requests.decline(id);
    expect(await wait(id)).toEqual({ request_id: id, status: 'declined', error: 'It was declined.' });
    await expect(wait('01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d')).rejects.toMatchObject({ kind: 'not_found' });
  });
});

describe('as time goes on', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('a request ends after ten minutes, and the next one has its own', async () => {
    const { ask, requests, wait } = await scene();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    const first = await ask();
    const over = wait(first);
    const { expiresAt } = requests.find(first);
    await vi.advanceTimersByTimeAsync(300_000);
    // One that comes later gives the first one no more time.
    const second = await ask();
    expect(requests.find(first).expiresAt).toBe(expiresAt);
    await vi.advanceTimersByTimeAsync(299_000);
    expect(requests.find(first).status).toBe('pending');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await over).toEqual({
      ...{ request_id: first, status: 'expired', error: 'No person answered in time.' },
    });
    await vi.advanceTimersByTimeAsync(599_000);
    expect(requests.find(second)).toMatchObject({ status: 'pending', isOpen: true });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(requests.find(second).status).toBe('expired');
    // Time that ran out is no reason to stop it from asking.
    await ask();
  });

  test('a wait with a time of its own ends then', async () => {
    const { ask, requests } = await scene();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    const id = await ask();
    const waiting = requests.wait(id, 5, aPeer());
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await waiting).toMatchObject({ status: 'pending' });
  });
});

describe('what a person answers', () => {
  const NAMES = ['ONE', 'TWO'];

  test('is saved whole, whatever the order', async () => {
    const { ask, core, save, isSet } = await scene();
    const id = await ask('weather', NAMES);
    expect(await save(id, { TWO: 'second', ONE: 'first' })).toMatchObject({ status: 'saved' });
    const { registry, ownSecrets } = core.capabilities;
    const stored = await ownSecrets.open(registry.idOf('weather'));
    expect([...stored].map(([name, value]) => [name, value.reveal()])).toEqual([
      ['ONE', 'first'],
      ['TWO', 'second'],
    ]);
    expect(isSet('ONE', 'other')).toBe(false);
    await expect(save(id, { ONE: 'x', TWO: 'y' })).rejects.toMatchObject({
      ...{ kind: 'invalid_params', message: 'This request is over: saved.' },
    });
  });

  test.each<[what: string, values: Record<string, string>, error: object]>([
    [
      'a missing name',
      { ONE: 'canary' },
      { kind: 'invalid_params', message: 'values has no value for TWO.' },
    ],
    ['none', {}, { kind: 'invalid_params' }],
    [
      'another name',
      { ONE: 'canary', TWO: 'canary', THREE: 'canary' },
      { kind: 'invalid_params', message: 'values has a name that was not asked for.' },
    ],
    [
      'too long a value',
      { ONE: 'canary', TWO: 'x'.repeat(MAX_SECRET_BYTES + 1) },
      { kind: 'limit_exceeded' },
    ],
    ['what is not text', { ONE: 'canary', TWO: '\ud800' }, { kind: 'invalid_params' }],
  ])('with %s saves nothing, and the request waits on', async (_, values, error) => {
    const { ask, save, requests, isSet } = await scene();
    const id = await ask('weather', NAMES);
    await expect(save(id, values)).rejects.toMatchObject({
      ...{ ...error, hint: expect.not.stringContaining('canary') },
    });
    expect([isSet('ONE'), isSet('TWO')]).toEqual([false, false]);
    expect(requests.find(id)).toMatchObject({ status: 'pending', isOpen: true });
    await save(id, { ONE: 'x', TWO: 'y' });
  });

  test('waits for the vault', async () => {
    const { ask, core, save, requests } = await scene();
    const id = await ask();
    await core.vault.lock();
    await expect(save(id)).rejects.toMatchObject({ kind: 'vault_locked' });
    expect(requests.find(id).status).toBe('pending');
  });

  test('is what the request ends with, if something else would end it meanwhile', async () => {
    const { ask, requests, save, endByWords } = await scene();
    const id = await ask();
    const saving = save(id);
    expect(requests.decline(id)).toMatchObject({ status: 'pending' });
    endByWords(id);
    expect(await saving).toMatchObject({ status: 'saved', error: null });
  });

  test('that cannot be saved leaves the end to what came meanwhile', async () => {
    const { ask, core, requests, save } = await scene();
    await core.vault.lock();
    const id = await ask();
    const saving = save(id);
    requests.decline(id);
    await expect(saving).rejects.toMatchObject({ kind: 'vault_locked' });
    expect(requests.find(id).state).toMatchObject({ status: 'declined' });
  });

  test('twice at once is taken once', async () => {
    const { ask, save } = await scene();
    const id = await ask();
    const outcomes = await Promise.allSettled([save(id), save(id)]);
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { message: 'This request is being answered already.' } },
    ]);
  });
});

describe('by the daemon', () => {
  const asked = { capability: 'weather', secrets: [{ name: 'API_KEY' }] };

  async function daemon() {
    const backend = await stopAfter(startDaemon(NO_DESKTOP));
    const folder = path.join(backend.sandbox.home, 'weather');
    await backend.api.registerCapability({ path: await writeCapability(folder, weather) });
    return backend;
  }

  test('a request ends with its capability', async () => {
    const { api, connect } = await daemon();
    const { request_id } = await api.requestSecret(asked);
    const waiting = (await connect()).waitSecretRequest({ request_id });
    await api.removeCapability({ name: 'weather' });
    expect(await waiting).toMatchObject({ status: 'ended', error: 'The capability was removed.' });
    expect(await api.listSecretRequests()).toEqual({ requests: [], cursor: null });
    await expect(api.requestSecret(asked)).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('another start knows nothing of it', async () => {
    const { api, sandbox, daemon: running } = await daemon();
    const { request_id } = await api.requestSecret(asked);
    await api.shutdown();
    await running.exited;
    await sandbox.startDaemon();
    expect(JSON.parse((await sandbox.run(['secret', 'requests', '--json'])).stdout)).toEqual({
      ...{ requests: [], cursor: null },
    });
    expect(await sandbox.run(['secret', 'answer', request_id], { input: 'x' })).toMatchObject({ code: 3 });
  });

  /** Asks through its door, and waits; then what it has learned. */
  const BODY = `import os, socket
door = socket.socket(socket.AF_UNIX)
door.connect(os.environ["SIGILFORGE_SOCKET"])
lines = door.makefile("rw")
def call(method, params):
    lines.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\\n")
    lines.flush()
    answer = json.loads(lines.readline())
    return answer["result"] if "result" in answer else answer["error"]["data"]["kind"]
asked = call("request_secret", {"secrets": [{"name": "API_KEY", "description": "To ask."}]})
over = call("wait_secret_request", {"request_id": asked["request_id"]})
tried = [call("list_secret_requests", {}), call("answer_secret_request", {"request_id": asked["request_id"], "values": {}})]
return json.dumps([asked, over, tried, sorted(context["secrets"])])`;

  test('a run that asks learns that it was saved; the next one has it', async () => {
    const capabilities = await capabilityScene(NO_DESKTOP);
    const { api } = capabilities;
    await capabilities.add('asker', BODY);
    const { run } = await api.runCapability({ name: 'asker' });
    const requests = async () => (await api.listSecretRequests()).requests;
    await expect.poll(requests, { timeout: 20_000 }).toHaveLength(1);
    const [request = expect.fail()] = await requests();
    expect(request).toMatchObject({ capability: 'asker', secrets: [{ description: 'To ask.' }] });
    const state = { request_id: request.id, status: 'saved', error: null };
    const values = { API_KEY: 'canary-for-the-vault' };
    expect(await api.answerSecretRequest({ request_id: request.id, values })).toEqual(state);
    const { response } = await api.waitRun({ run_id: run.id });
    const [asked, over, tried, had] = JSON.parse(response ?? '');
    expect(asked).toMatchObject({ request_id: request.id, url: null });
    expect(over).toEqual(state);
    expect(tried).toEqual(['denied', 'denied']);
    expect(had).toEqual([]);
    expect(response).not.toContain(request.words);
    const { secrets } = await api.listCapabilitySecrets({ name: 'asker' });
    expect(secrets).toMatchObject([{ key: 'API_KEY' }]);
  });
});
