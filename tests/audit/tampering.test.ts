import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

// Another program of the user changes the rows, while the daemon runs.

const SECRETS = 8;

/** A daemon that has handed out eight secrets, one row each. */
async function recorded() {
  const { api, sandbox, connect } = await stopAfter(startDaemon());
  for (let n = 1; n <= SECRETS; n++) await api.setSecret({ key: `s/${n}`, value: 'x' });
  for (let n = 1; n <= SECRETS; n++) await api.getSecret({ key: `s/${n}` });
  const { records } = await api.listAudit();
  expect(records.map(({ reference }) => reference)).toEqual(
    records.map((_, index) => `secret://s/${index + 1}`),
  );
  const { home } = sandbox;
  const rows = stored.auditRows(home);
  expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await api.verifyAudit()).toMatchObject({ intact: true, records: SECRETS, fault: null });
  return { api, home, rows, connect };
}

describe('verify names the first row that is not what was recorded', () => {
  test.each(stored.AUDIT_COLUMNS)('when its %s was changed', async (column) => {
    const { api, home, rows } = await recorded();
    stored.alterAudit(home, 3, column);
    stored.alterAudit(home, 6, column);
    const id = column === 'id' ? 'altered' : rows[2]?.id;
    expect(await api.verifyAudit()).toMatchObject({
      intact: false,
      records: 2,
      fault: { seq: 3, id, reason: 'changed' },
    });
  });

  test.each([1, 4, 8])('when row %i was removed', async (seq) => {
    const { api, home } = await recorded();
    stored.removeAudit(home, seq);
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq, id: null, reason: 'missing' } });
  });

  test('when several at the end were removed, or all', async () => {
    const { api, home } = await recorded();
    stored.removeAudit(home, 6, 7, 8);
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 6, id: null, reason: 'missing' } });
    stored.removeAudit(home, 1, 2, 3, 4, 5);
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 1, id: null, reason: 'missing' } });
  });

  test('when one was removed and those behind it moved up', async () => {
    const { api, home, rows } = await recorded();
    stored.removeAudit(home, 3);
    stored.renumberAudit(home, new Map([4, 5, 6, 7, 8].map((seq) => [seq, seq - 1])));
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 3, id: rows[3]?.id, reason: 'changed' } });
  });

  test('when two changed places', async () => {
    const { api, home, rows } = await recorded();
    stored.renumberAudit(
      home,
      new Map([
        [4, 6],
        [6, 4],
      ]),
    );
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 4, id: rows[5]?.id, reason: 'changed' } });
  });

  test('when one was put in between, and those behind it moved on', async () => {
    const { api, home, rows } = await recorded();
    stored.renumberAudit(home, new Map([4, 5, 6, 7, 8].map((seq) => [seq, seq + 1])));
    stored.copyAudit(home, 2, 4);
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 4, id: rows[1]?.id, reason: 'changed' } });
  });

  test.each([
    ['at the end', 9],
    ['far behind the end', 900],
    ['before the first', 0],
    ['long before the first', -7],
  ])('when one was put %s', async (_, seq) => {
    const { api, home, rows } = await recorded();
    stored.copyAudit(home, 2, seq);
    const fault = { seq, id: rows[1]?.id, reason: 'added' };
    expect(await api.verifyAudit()).toMatchObject({ intact: false, fault });
  });

  test('and rows are written behind one that another program put at the end', async () => {
    const { api, home, rows } = await recorded();
    stored.copyAudit(home, 2, 9);
    await api.setSecret({ key: 's/9', value: 'x' });
    await api.getSecret({ key: 's/9' });
    const { records } = await api.listAudit();
    expect(records.at(-1)).toMatchObject({ reference: 'secret://s/9' });
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 9, id: rows[1]?.id, reason: 'changed' } });
  });

  test('when the end was put back to an earlier one, also after the next row', async () => {
    const { api, sandbox } = await stopAfter(startDaemon());
    const { home } = sandbox;
    for (const n of [1, 2, 3]) await api.setSecret({ key: `s/${n}`, value: 'x' });
    await api.getSecret({ key: 's/1' });
    await api.listAudit();
    const earlier = stored.auditEnd(home);
    await api.getSecret({ key: 's/2' });
    await api.listAudit();
    stored.setAuditEnd(home, earlier ?? { seq: 0, key: Buffer.alloc(0), mac: Buffer.alloc(0) });
    const [, second] = stored.auditRows(home);
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 2, id: second?.id, reason: 'added' } });
    await api.getSecret({ key: 's/3' });
    await api.listAudit();
    const [, , third] = stored.auditRows(home);
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 3, id: third?.id, reason: 'changed' } });
  });

  test('when rows at the end were removed and the end was put back with a key of the forger', async () => {
    const { api, home, rows } = await recorded();
    stored.removeAudit(home, 7, 8);
    stored.setAuditEnd(home, { seq: 7, key: Buffer.alloc(32, 1), mac: rows[5]?.mac ?? Buffer.alloc(0) });
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 7, id: null, reason: 'key' } });
  });

  test('when the end was removed, also after the next row', async () => {
    const { api, home } = await recorded();
    stored.removeAuditEnd(home);
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 9, id: null, reason: 'key' } });
    await api.setSecret({ key: 's/9', value: 'x' });
    await api.getSecret({ key: 's/9' });
    await api.listAudit();
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 9, reason: 'changed' } });
  });

  test.each(['seq', 'since', 'sealed_key', 'all'] as const)(
    'when %s of its beginning was changed',
    async (change) => {
      const { api, home } = await recorded();
      stored.changeAuditAnchor(home, change);
      expect(await api.verifyAudit()).toMatchObject({ intact: false, records: 0, fault: { reason: 'key' } });
    },
  );

  test('and the key of today makes no earlier row fit', async () => {
    const { api, home, rows } = await recorded();
    const end = stored.auditEnd(home);
    const [before, row] = [rows[3], rows[4]];
    if (!end || !before || !row) throw new Error('There are no rows.');
    const forged = { ...row, reference: 'secret://harmless' };
    const { seq, id, at, executable, script, door, method, reference, outcome, count, pid } = forged;
    const uid = (row as { uid?: number }).uid ?? null;
    const who = [uid, pid, executable, script, door];
    const text = [seq, id, at, ...who, method, reference, outcome, count, before.mac.toString('hex')];
    const macWith = (key: Buffer) => createHmac('sha256', key).update(JSON.stringify(text)).digest();
    stored.putAudit(home, { ...forged, uid, mac: macWith(end.key) });
    expect(await api.verifyAudit()).toMatchObject({ fault: { seq: 5, id: row.id, reason: 'changed' } });
  });
});
