import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { importAccount } from '../support/provider/imports.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { program } from '../support/start/sandbox.js';

// The commands of the README, with real programs: none has the token as an argument.

const has = (name: string): boolean => spawnSync(name, ['--version']).error === undefined;
const BASIC = `Basic ${Buffer.from('ann:first').toString('base64')}`;

let fake: FakeProvider;
let daemon: DaemonBackend;

beforeAll(async () => {
  fake = await startFakeProvider();
  daemon = await startDaemon();
  await daemon.api.setProvider({ id: 'corp', token_endpoint: `${fake.url}/token`, client_id: 'client' });
  await importAccount(daemon.api, fake, 'corp', 'work');
  fake.route('GET /user', () => ({ body: { login: 'ada' } }));
  // wget sends a password only once it is asked for one.
  fake.route('GET /asks', ({ headers }) =>
    headers['authorization'] === undefined
      ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
      : { body: { login: 'ada' } },
  );
});
afterAll(async () => {
  await daemon.stop();
  await fake.stop();
});

/** Runs a line of bash, in which `sigilforge` is the built one, and says which header the server got at last. */
async function sent(line: string, path: string): Promise<string | undefined> {
  const command = program('sigilforge').map((word) => `'${word}'`);
  const script = `sigilforge() { ${command.join(' ')} "$@"; }\n${line}`;
  const env = { URL: fake.url };
  const end = await daemon.sandbox.spawn(['bash', '-ec', script], { input: '', env }).exited;
  expect(end, end.stderr).toMatchObject({ code: 0, stdout: '{"login":"ada"}' });
  return fake.sentTo(`GET ${path}`).at(-1)?.headers['authorization'];
}

test.skipIf(!has('curl'))('curl takes a header', async () => {
  const line = 'sigilforge get-token corp work --format header | curl -s -H @- "$URL/user"';
  expect(await sent(line, '/user')).toBe('Bearer first');
});

test.skipIf(!has('curl'))('curl takes a password of netrc on a descriptor', async () => {
  const netrc = 'sigilforge get-token corp work --format netrc --host 127.0.0.1 --user ann';
  const line = `curl -s --netrc-file /dev/fd/3 "$URL/user" 3< <(${netrc})`;
  expect(await sent(line, '/user')).toBe(BASIC);
});

test.skipIf(!has('wget'))('wget takes a header by its configuration, which is a private file', async () => {
  const template = "printf 'header = Authorization: Bearer {{ auth://corp/work/token }}\\n'";
  const line = `${template} | sigilforge inject -o wgetrc && wget -qO- --config=wgetrc "$URL/user"; rm wgetrc`;
  expect(await sent(line, '/user')).toBe('Bearer first');
});

test.skipIf(!has('wget'))('wget takes a password of netrc in a file', async () => {
  const netrc = 'sigilforge get-token corp work --format netrc --host 127.0.0.1 --user ann';
  const line = `umask 077; ${netrc} > .netrc; wget -qO- "$URL/asks"; rm .netrc`;
  expect(await sent(line, '/asks')).toBe(BASIC);
});

test('a program of an agent gets headers, or the token and its end, as JSON', async () => {
  const headers = await daemon.sandbox.run(['get-token', 'corp', 'work', '--format', 'headers-json']);
  expect(JSON.parse(headers.stdout)).toEqual({ Authorization: 'Bearer first' });
  const token = await daemon.sandbox.run(['get-token', 'corp', 'work', '--format', 'json']);
  expect(JSON.parse(token.stdout)).toMatchObject({
    access_token: 'first',
    expires_at: expect.stringMatching(/Z$/),
  });
});
