import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { WantedSecret } from '../../shared/manifest.js';
import { capabilityScene } from '../capabilities/scene.js';
import { weather, writeCapability } from '../support/capabilities.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import type { Running } from '../support/start/running.js';

// What a person does about the secrets that capabilities ask for, on a terminal and by pipes.

const CANARY = 'Canary9x/of+an=answer';
const ABSENT = '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d';
const NO_DESKTOP = { config: '[asking]\ndesktop = false' };

let backend: DaemonBackend;
beforeEach(async () => {
  backend = await startDaemon(NO_DESKTOP);
  const folder = await writeCapability(`${backend.sandbox.home}/weather`, weather);
  await backend.api.registerCapability({ path: folder });
  return () => backend.stop();
});

const command = (args: readonly string[], input = '') => backend.sandbox.run(['secret', ...args], { input });
const onTerminal = (...args: readonly string[]): Running =>
  backend.sandbox.start(['secret', ...args], { tty: true });

type Wanted = Pick<WantedSecret, 'name'> & Partial<WantedSecret>;

async function request(...secrets: readonly Wanted[]): Promise<string> {
  const asked = secrets.length > 0 ? secrets : [{ name: 'API_KEY', description: 'Asks the service.' }];
  const { request_id } = await backend.api.requestSecret({ capability: 'weather', secrets: [...asked] });
  return request_id;
}

const stateOf = async (request_id: string) =>
  (await backend.api.waitSecretRequest({ request_id, timeout_s: 0 })).status;
const keys = async () =>
  (await backend.api.listCapabilitySecrets({ name: 'weather' })).secrets.map(({ key }) => key);
const wordsOf = async (id: string) =>
  (await backend.api.listSecretRequests()).requests.find((one) => one.id === id)?.words;

describe('secret requests', () => {
  test('says so if there is none', async () => {
    expect(await command(['requests'])).toMatchObject({
      ...{ code: 0, stdout: '', stderr: 'sigilforge: No capability asks for a secret.\n' },
    });
  });

  test('lists each with its words, and what the capability says about it', async () => {
    const secrets = [
      {
        ...{ name: 'API_KEY', description: 'Asks\n\u001b[2J   the service.' },
        ...{ obtain: 'https://weather.example.org/keys', obtain_instructions: 'Sign up.' },
      },
      { name: 'USER' },
    ];
    const [first, second] = [await request(...secrets), await request()];
    const { code, stdout, stderr } = await command(['requests']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = [
      'API_KEY: weather says: Asks  [2J the service.',
      'API_KEY: weather says: Get one at https://weather.example.org/keys',
      'API_KEY: weather says: Sign up.',
    ];
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t')),
    ).toEqual([
      [first, 'weather', 'API_KEY USER', await wordsOf(first), expect.stringMatching(/Z$/), ...lines],
      // Its turn has not come.
      [second, 'weather', 'API_KEY', '', '', 'API_KEY: weather says: Asks the service.'],
    ]);
    expect(JSON.parse((await command(['requests', '--json'])).stdout)).toEqual(
      await backend.api.listSecretRequests(),
    );
    const shown = (await onTerminal('requests').exited).stdout.split(/\r?\n/);
    expect(shown[1]).toMatch(
      new RegExp(`^${first} {2}weather .*${await wordsOf(first)} .*\\(in \\d minutes\\)$`),
    );
    expect(shown.slice(2, 5)).toEqual(lines.map((line) => `  ${line}`));
  });
});

describe('secret answer on a terminal', () => {
  test('shows who asks for what, and asks for each value, hidden', async () => {
    const id = await request({ name: 'API_KEY', description: 'Asks the service.' }, { name: 'PEM' });
    const cli = onTerminal('answer', id);
    await cli.seen(/API_KEY: $/, 'stdout');
    cli.write(`${CANARY}\r`);
    await cli.seen(/PEM: $/, 'stdout');
    expect(await stateOf(id)).toBe('pending');
    // A paste of several lines arrives whole.
    cli.write('\u001b[200~-----BEGIN-----\rQUJD\r-----END-----\r\u001b[201~\r');
    const { code, stdout } = await cli.exited;
    expect(code).toBe(0);
    expect(stdout).toContain('weather asks for API_KEY, PEM');
    expect(stdout).toContain('  API_KEY: weather says: Asks the service.');
    expect(stdout).toContain('sigilforge: Saved for weather: API_KEY, PEM');
    expect(stdout).not.toContain(CANARY);
    expect(stdout).not.toContain('QUJD');
    expect(await stateOf(id)).toBe('saved');
    expect(await keys()).toEqual(['API_KEY', 'PEM']);
  });

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s at the second value saves nothing', async (_, key) => {
    const id = await request({ name: 'ONE' }, { name: 'TWO' });
    const cli = onTerminal('answer', id);
    await cli.seen(/ONE: $/, 'stdout');
    cli.write(`${CANARY}\r`);
    await cli.seen(/TWO: $/, 'stdout');
    cli.write(key);
    expect((await cli.exited).code).toBe(8);
    expect(await stateOf(id)).toBe('pending');
    expect(await keys()).toEqual([]);
  });

  test('learns if it was declined meanwhile', async () => {
    const id = await request();
    const cli = onTerminal('answer', id);
    await cli.seen(/API_KEY: $/, 'stdout');
    await backend.api.declineSecretRequest({ request_id: id });
    cli.write(`${CANARY}\r`);
    const { code, stdout } = await cli.exited;
    expect(code).toBe(2);
    expect(stdout).toContain('This request is over: declined.');
    expect(await keys()).toEqual([]);
  });

  test('reads no JSON', async () => {
    const id = await request();
    const { code, stdout } = await onTerminal('answer', id, '--json-values').exited;
    expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringContaining('that is this terminal') });
  });
});

describe('secret answer by a pipe', () => {
  test('takes the only value from standard input', async () => {
    const id = await request();
    const answer = await command(['answer', id, '--json'], `${CANARY}\n`);
    expect(answer).toMatchObject({
      ...{ code: 0, stdout: `${JSON.stringify({ request_id: id, status: 'saved', error: null })}\n` },
    });
    expect(JSON.stringify(answer)).not.toContain(CANARY);
    expect(await keys()).toEqual(['API_KEY']);
  });

  test('takes several as a JSON object', async () => {
    const id = await request({ name: 'ONE' }, { name: 'TWO' });
    expect(await command(['answer', id], 'x')).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('--json-values') },
    });
    for (const input of ['', 'null', '[]', '{', '{"ONE":1,"TWO":"x"}', `{"ONE":"${CANARY}"}`]) {
      const refused = await command(['answer', id, '--json-values'], input);
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).not.toContain(CANARY);
    }
    // What is no text is not mended in silence.
    const cli = backend.sandbox.start(['secret', 'answer', id, '--json-values']);
    cli.child.stdin.end(Buffer.from('{"ONE":"\u00ff","TWO":"x"}', 'latin1'));
    expect(await cli.exited).toMatchObject({ code: 2 });
    expect(await stateOf(id)).toBe('pending');
    expect(
      await command(['answer', id, '--json-values'], JSON.stringify({ TWO: 'two', ONE: 'one' })),
    ).toMatchObject({ code: 0, stderr: expect.stringContaining('Saved for weather: ONE, TWO') });
    expect(await keys()).toEqual(['ONE', 'TWO']);
  });

  test('takes no value as an argument, and none that is empty', async () => {
    const id = await request();
    const argument = await command(['answer', id, CANARY]);
    expect(argument).toMatchObject({ code: 2, stderr: expect.stringContaining('never an argument') });
    expect(argument.stderr).not.toContain(CANARY);
    expect(await command(['answer', id], '')).toMatchObject({ code: 2 });
    expect(await stateOf(id)).toBe('pending');
  });

  test('declines, and says what was over already', async () => {
    const id = await request();
    expect(await command(['answer', id, '--decline'])).toMatchObject({
      ...{ code: 0, stderr: 'sigilforge: Declined. Nothing was saved.\n' },
    });
    const saved = await request();
    await command(['answer', saved], CANARY);
    expect(await command(['answer', saved, '--decline'])).toMatchObject({
      ...{ code: 0, stderr: 'sigilforge: This request was over already: saved.\n' },
    });
    expect(await command(['answer', saved], CANARY)).toMatchObject({
      ...{ code: 3, stderr: expect.stringContaining('This request is over: saved.') },
    });
    for (const end of [[], ['--decline']])
      expect(await command(['answer', ABSENT, ...end], CANARY)).toMatchObject({
        ...{ code: 3, stderr: expect.stringContaining('There is no such request.') },
      });
  });
});

test.each([[['requests']], [['answer', ABSENT]], [['answer', ABSENT, '--decline']]])(
  'without a daemon, secret %j does not pretend',
  async (args) => {
    await backend.api.shutdown();
    await backend.daemon.exited;
    for (const way of [[], ['--direct'], ['--no-fallback']])
      expect(await command([...args, ...way], CANARY)).toMatchObject({
        ...{ code: 9, stdout: '', stderr: expect.stringContaining('sigilforge daemon start') },
      });
  },
);

/** Every file below the home in which the value shows, also in its usual encodings. */
function filesWith(home: string): string[] {
  const hex = Buffer.from(CANARY).toString('hex');
  const base64 = Buffer.from(CANARY).toString('base64').slice(0, -4);
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => {
      const text = readFileSync(file, 'latin1');
      return [CANARY, encodeURIComponent(CANARY), hex, base64].some((trace) => text.includes(trace));
    });
}

test('what was typed is in the vault, and nowhere else', async () => {
  const scene = await capabilityScene({ config: `${NO_DESKTOP.config}\n[daemon]\nlog_level = "trace"` });
  const { api, sandbox, daemon } = scene;
  await scene.add('asker', 'return hashlib.sha256(context["secrets"]["API_KEY"].encode()).hexdigest()');
  const { request_id } = await api.requestSecret({ capability: 'asker', secrets: [{ name: 'API_KEY' }] });
  const cli = sandbox.start(['secret', 'answer', request_id], { tty: true });
  await cli.seen(/API_KEY: $/, 'stdout');
  const args = readFileSync(`/proc/${cli.pid}/cmdline`, 'latin1');
  cli.write(`${CANARY}\r`);
  const { code, stdout } = await cli.exited;
  expect(code).toBe(0);
  const { response } = await scene.run('asker');
  expect(response).toBe(createHash('sha256').update(CANARY).digest('hex'));
  const told = [
    ...[args, stdout],
    JSON.stringify(await api.waitSecretRequest({ request_id })),
    JSON.stringify(await api.listSecretRequests()),
    JSON.stringify(await api.listAudit()),
    JSON.stringify(await api.listRuns()),
  ];
  for (const text of told) expect(text).not.toContain(CANARY);
  expect(filesWith(sandbox.home)).toEqual([]);
  await api.shutdown();
  const { stderr } = await daemon.exited;
  expect(stderr).not.toContain(CANARY);
  expect(filesWith(sandbox.home)).toEqual([]);
});
