import { expect, test } from 'vitest';
import { addAccount, work } from '../support/accounts.js';
import { stopAfter } from '../support/start/stop-after.js';
import { hear } from '../support/wire/hearing.js';
import { rounds } from './rounds.js';
import { canMount } from './small-disk.js';
import { breakBeforeCommit, expectWholeGrant, type FragileScene, startOnOneDisk } from './store-faults.js';

// Data, state and log on one disk that is full when the provider answers: neither the store nor a rescue file can take the
// answer, and no line of the log can be written. The provider rotates refresh tokens and ends a grant whose old one comes
// again.

const ROUNDS = rounds(6);
const LIMIT = 30_000;

/** How the time between the full disk and the mending passes. */
const meanwhile: readonly ((scene: FragileScene) => Promise<void>)[] = [
  async () => {},
  // More lines for a log that takes none, and more answers that cannot be stored.
  async ({ api }) => {
    for (let i = 0; i < 20; i++) {
      await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: 'store_unavailable' });
      await expect(api.setSecret({ key: 'a', value: 'x'.repeat(200_000) })).rejects.toMatchObject({
        kind: 'store_unavailable',
      });
    }
  },
  // The daemon is told to end, and has nowhere to leave the answer.
  async ({ daemon }) => void process.kill(daemon.pid, 'SIGTERM'),
];

test.skipIf(!canMount())(
  `no grant is lost in ${ROUNDS} rounds`,
  async () => {
    const scene = await stopAfter(startOnOneDisk());
    await addAccount(scene.api);
    for (let round = 0; round < ROUNDS; round++) {
      const exchanges = scene.exchanges;
      const { heard } = await hear(scene.api);
      const { answer, mend } = await breakBeforeCommit(scene);
      const ends = round % meanwhile.length === 2;
      await meanwhile[round % meanwhile.length]?.(scene);
      mend();
      if (ends) {
        expect(await scene.daemon.exited).toMatchObject({ code: 0 });
        await scene.start();
      } else await heard('token_refreshed');
      expect(await scene.api.getToken(work)).toMatchObject({ access_token: answer.access_token });
      expect(scene.exchanges).toBe(exchanges + 1);
      await expectWholeGrant(scene, exchanges + 1);
    }
    expect(scene.stored()).toMatchObject({ integrity: 'ok' });
    expect(scene.provider.counts.reuse).toBe(0);
  },
  LIMIT * ROUNDS,
);
