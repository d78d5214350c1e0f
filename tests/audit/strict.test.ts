import { expect, onTestFailed, test } from 'vitest';
import { chooseSeed, randomNumbers } from '../faults/random.js';
import { rounds } from '../faults/rounds.js';
import { startDaemon, startLibrary } from '../support/start/backends.js';
import { crash } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { WireClient } from '../support/wire/wire-client.js';

const STRICT = '[audit]\nstrict = true';
const ROUNDS = rounds(12);
const AT_ONCE = 8;

test('each release has a row of its own, which is there when the answer comes', async () => {
  const { api, sandbox } = await stopAfter(startDaemon({ config: STRICT }));
  await api.setSecret({ key: 'a', value: 'x' });
  for (let n = 1; n <= 5; n++) {
    await api.getSecret({ key: 'a' });
    expect(stored.auditRows(sandbox.home)).toHaveLength(n);
  }
  await api.getSecrets();
  expect(stored.auditRows(sandbox.home)).toHaveLength(6);
  await Promise.all(Array.from({ length: 200 }, () => api.getSecret({ key: 'a' })));
  expect(stored.auditRows(sandbox.home)).toHaveLength(206);
  expect(await api.verifyAudit()).toMatchObject({ intact: true, records: 206 });
});

test(
  `a daemon that is killed in the middle has recorded every answer, in ${ROUNDS} rounds`,
  async () => {
    const seed = chooseSeed();
    onTestFailed(() => void process.stderr.write(`Run it again with SIGILFORGE_FAULT_SEED=${seed}\n`));
    const random = randomNumbers(seed);
    const { api, sandbox, daemon: first } = await stopAfter(startDaemon({ config: STRICT }));
    await api.setSecret({ key: 'a', value: 'x' });
    let daemon = first;
    let answered = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const until = Math.ceil(random() * 60);
      let own = 0;
      let reached = (): void => undefined;
      const enough = new Promise<void>((resolve) => {
        reached = resolve;
      });
      const clients = await Promise.all(
        Array.from({ length: AT_ONCE }, () => WireClient.connect(daemon.socket)),
      );
      const asking = clients.map(async (client) => {
        for (;;) {
          const answer = await client.call('get_secret', { key: 'a' }).catch(() => undefined);
          if (answer?.result === undefined) return;
          own += 1;
          if (own >= until) reached();
        }
      });
      await enough;
      await crash(daemon);
      await Promise.all(asking);
      answered += own;
      daemon = await sandbox.startDaemon();
      const rows = stored.auditRows(sandbox.home);
      expect(rows.length).toBeGreaterThanOrEqual(answered);
      // Of a call whose answer was lost there may be a row.
      expect(rows.length).toBeLessThanOrEqual(answered + AT_ONCE * (round + 1));
      expect(await api.verifyAudit()).toMatchObject({ intact: true, records: rows.length });
    }
  },
  30_000 + ROUNDS * 5_000,
);

const ways = [
  { name: 'the daemon', start: startDaemon },
  { name: 'the library', start: startLibrary },
] as const;

test.each(ways)(
  'what cannot be recorded is not handed out by $name',
  { timeout: 90_000 },
  async ({ start }) => {
    const { api, sandbox } = await stopAfter(start({ config: STRICT }));
    await api.setSecret({ key: 'a', value: 'x' });
    await api.getSecret({ key: 'a' });
    const free = stored.blockWrites(sandbox.home);
    try {
      const calls = [api.getSecret({ key: 'a' }), api.resolve({ reference: 'secret://a' }), api.getSecrets()];
      for (const call of await Promise.allSettled(calls)) {
        expect(call).toMatchObject({ status: 'rejected', reason: { kind: 'store_unavailable' } });
      }
      await expect(api.resolve({ reference: 'auth://a/b/client_secret' })).rejects.toMatchObject({
        kind: 'not_found',
      });
      expect(await api.resolve({ reference: 'secret://a', explain: true })).toMatchObject({ value: null });
    } finally {
      free();
    }
    await api.getSecret({ key: 'a' });
    expect(stored.auditRows(sandbox.home).filter(({ outcome }) => outcome === 'released')).toHaveLength(2);
    expect(await api.verifyAudit()).toMatchObject({ intact: true });
  },
);

test('a denial has a row too, which it does not wait for', async () => {
  const { api, sandbox, daemon } = await stopAfter(startDaemon({ config: STRICT }));
  await api.setSecret({ key: 'a', value: 'x' });
  await api.getSecret({ key: 'a' });
  const client = await stopAfter(WireClient.connect(daemon.socket));
  await client.call('restrict', { grants: ['secret://b'] });
  const free = stored.blockWrites(sandbox.home);
  try {
    const { error } = await client.call('get_secret', { key: 'a' });
    expect(error).toMatchObject({ data: { kind: 'denied' } });
  } finally {
    free();
  }
  const denials = () => stored.auditRows(sandbox.home).filter(({ outcome }) => outcome === 'denied');
  await expect.poll(denials, { timeout: 10_000 }).toMatchObject([{ reference: 'secret://a', count: 1 }]);
});
