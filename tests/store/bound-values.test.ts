import { expect, test } from 'vitest';
import { openDatabase } from '../support/sqlite-driver.js';
import { startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

/** A database with an API key in it. */
async function openWithAccount() {
  const { api, sandbox } = await stopAfter(startDaemon());
  await api.addAccount({ service: 'plain', account: 'key', credential: { api_key: 'an api key' } });
  const db = openDatabase(stored.databaseFile(sandbox.home), { timeout: 5_000 });
  await stopAfter({ stop: async () => void db.close() });
  return { api, db };
}

test.each([
  ['client', `'{}'`],
  ['flow', `'import'`],
  ['kind', `'oauth'`],
])(
  'a change of %s that seals nothing again fails, instead of making the account unreadable',
  async (column, value) => {
    const { api, db } = await openWithAccount();
    const change = (more = '') => db.exec(`UPDATE accounts SET ${column} = ${value}${more}`);
    expect(() => change()).toThrow('must be sealed again');
    expect(await api.getToken({ service: 'plain', account: 'key' })).toMatchObject({
      access_token: 'an api key',
    });
    change(`, access_token = x'02ff'`);
  },
);

test.each(['access_token', 'refresh_token', 'client_secret'])(
  'a program of an older version, which binds nothing, cannot store %s',
  async (column) => {
    const { db } = await openWithAccount();
    expect(() => db.exec(`UPDATE accounts SET ${column} = x'01ff'`)).toThrow('must be bound');
    const copy = (value: string) =>
      db.exec(`INSERT INTO accounts (id, service, account, kind, flow, state, generation, scopes, failures, created_at,
        ${column}) VALUES ('id', 'plain', 'copy', 'api_key', 'api_key', 'ok', 1, '[]', 0, 0, ${value})`);
    expect(() => copy(`x'01ff'`)).toThrow('must be bound');
    copy(`x'02ff'`);
  },
);

test('a change of client that leaves the ID token as it is fails', async () => {
  const { db } = await openWithAccount();
  db.exec(`UPDATE accounts SET id_token = x'02ff'`);
  const change = `UPDATE accounts SET client = '{}', access_token = x'02ff'`;
  expect(() => db.exec(change)).toThrow('The ID token of this account must be sealed again.');
  db.exec(`${change}, id_token = NULL`);
});

test('a change of client that leaves the fields as they are fails', async () => {
  const { db } = await openWithAccount();
  db.exec(`UPDATE accounts SET fields = x'02ff'`);
  const change = `UPDATE accounts SET client = '{}', access_token = x'02ff'`;
  expect(() => db.exec(change)).toThrow('The fields of this account must be sealed again.');
  db.exec(`${change}, fields = NULL`);
});
