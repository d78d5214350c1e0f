import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { decodeExport, encodeExport } from '../../daemon/core/transfer/export-file.js';
import { changeAccount } from '../support/kept-account.js';
import { type FakeTokenEndpoint, startFakeTokenEndpoint } from '../support/provider/fake-token-endpoint.js';
import { type Backend, startLibrary } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const machine = { service: 'fake', account: 'machine' };
const ASKED = ['api.read', 'api.write'];
const PASSPHRASE = 'a passphrase for the file';

let fake: FakeTokenEndpoint;
let backend: Backend;

/** What the provider says that it granted; `undefined`: it does not say. */
let granted: string | undefined;

beforeEach(async () => {
  granted = 'api.read';
  fake = await startFakeTokenEndpoint();
  fake.route('POST /token', () => ({
    body: { access_token: `token-${fake.received.length}`, token_type: 'Bearer', scope: granted },
  }));
  backend = await startLibrary();
  await fake.configure(backend.api, 'a secret');
  return async () => {
    await backend.stop();
    await fake.stop();
  };
});

const addMachine = () =>
  backend.api.addAccount({
    ...machine,
    scopes: ASKED,
    credential: { client_id: 'a client', client_secret: 'a secret' },
  });

const asked = () => fake.sentTo('POST /token').map(({ form }) => form['scope']);

test.each([
  ['fewer', 'api.read'],
  ['others', 'https://api.example.org/.default'],
  ['more', 'api.read api.write api.admin'],
])('a client that is granted %s scopes asks for the same ones each time', async (_, scopes) => {
  granted = scopes;
  await addMachine();
  await backend.api.refreshToken(machine);
  await backend.api.refreshToken(machine);
  expect(asked()).toEqual(Array(3).fill(ASKED.join(' ')));
  expect(await backend.api.getAccount(machine)).toMatchObject({ scopes: scopes.split(' ') });
});

test('an answer that names no scopes grants those that were asked for, not those of the answer before', async () => {
  await addMachine();
  expect(await backend.api.getAccount(machine)).toMatchObject({ scopes: ['api.read'] });
  granted = undefined;
  await backend.api.refreshToken(machine);
  expect(await backend.api.getAccount(machine)).toMatchObject({ scopes: ASKED });
});

test('an account from before this was kept asks for what it was granted', async () => {
  await addMachine();
  await changeAccount(backend.sandbox.home, machine, () => ({ askedScopes: null }));
  await backend.api.refreshToken(machine);
  expect(asked()).toEqual([ASKED.join(' '), 'api.read']);
});

test('an exported file takes along what was asked for and who signed in; one of an older version has neither', async () => {
  await addMachine();
  await changeAccount(backend.sandbox.home, machine, () => ({ subject: 'person-1' }));
  const file = path.join(backend.sandbox.home, 'exported');
  await vault(backend, 'export', file, '--with-grants');

  const other = await stopAfter(startLibrary());
  await vault(other, 'import', file);
  expect(stored.anAccount(other.sandbox.home)).toMatchObject({ askedScopes: ASKED, subject: 'person-1' });

  await writeFile(file, await olderFile(await readFile(file)));
  const third = await stopAfter(startLibrary());
  await vault(third, 'import', file);
  expect(stored.anAccount(third.sandbox.home)).toMatchObject({ askedScopes: null, subject: null });
  await third.api.refreshToken(machine);
  expect(asked().at(-1)).toBe('api.read');
  // Its provider's secret is for the address that the provider has here.
  await third.api.addAccount({ ...machine, account: 'imported', credential: { refresh_token: 'a token' } });
  expect(fake.sentTo('POST /token').at(-1)?.form).toMatchObject({ client_secret: 'a secret' });
});

async function vault({ sandbox }: Backend, ...args: string[]): Promise<void> {
  expect(await sandbox.run(['vault', ...args], { input: PASSPHRASE })).toMatchObject({ code: 0 });
}

/** The same file as a version wrote it that kept neither. */
async function olderFile(bytes: Buffer): Promise<Buffer> {
  const { accounts, providers, secrets } = await decodeExport(bytes, PASSPHRASE);
  const older = accounts.map(({ asked_scopes, subject, client, minting, scopes, ...rest }) => ({
    ...rest,
    client: JSON.stringify(client),
    minting: minting && JSON.stringify(minting),
    scopes: JSON.stringify(scopes),
  }));
  const content = {
    secrets,
    providers: providers.map(({ secret_origins, ...provider }) => provider),
    accounts: older,
  };
  return encodeExport(content, PASSPHRASE, '2026-01-01T00:00:00.000Z');
}
