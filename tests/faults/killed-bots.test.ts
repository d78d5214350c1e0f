import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFailed, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { addBot, running, until } from '../bots/scene.js';
import { startDaemon } from '../support/start/backends.js';
import { crash } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { chooseSeed, randomNumbers } from './random.js';
import { rounds } from './rounds.js';

// The daemon with bots that are started and stopped, ended by SIGKILL at random moments, and started again.

const ROUNDS = rounds(6);
const LONGEST_LIFE_MS = 400;

/** By these words their processes are found. */
const BOTS = { one: '71001', two: '71002' } as const;
type Name = keyof typeof BOTS;
const NAMES: readonly Name[] = ['one', 'two'];

/** With a child that hides in a session of its own. */
const code = (word: string) => `( setsid sleep ${word} & )\nexec sleep ${word}\n`;

/** What was asked for last and answered; `undefined` if the answer to the last one did not come. */
type Wish = 'running' | 'stopped' | undefined;

test(
  'the bots that were started are up, once each, and the others are not',
  async () => {
    const seed = chooseSeed();
    onTestFailed(() => void process.stderr.write(`Run it again with SIGILFORGE_FAULT_SEED=${seed}\n`));
    const random = randomNumbers(seed);
    const { sandbox, ...first } = await stopAfter(startDaemon());
    let { api, daemon } = first;
    for (const name of NAMES) await addBot({ api, home: sandbox.home }, name, code(BOTS[name]));
    for (let round = 0; round < ROUNDS; round += 1) {
      const asking = Promise.all(NAMES.map((name) => changeUntilGone(api, name, random)));
      await delay(random() * LONGEST_LIFE_MS);
      await crash(daemon);
      const wishes = await asking;
      expect(stored.read(sandbox.home).integrity).toBe('ok');
      daemon = await sandbox.startDaemon();
      api = await connect({ socket: daemon.socket });
      await stopAfter({ stop: () => api.close() });
      for (const [index, name] of NAMES.entries()) await expectAs(api, name, wishes[index]);
    }
    for (const name of NAMES) await api.stopCapability({ name });
    for (const name of NAMES) expect(running(BOTS[name])).toEqual([]);
  },
  30_000 + ROUNDS * 20_000,
);

/** Starts and stops a bot until the daemon is gone. */
async function changeUntilGone(api: SigilforgeClient, name: Name, random: () => number): Promise<Wish> {
  let wish: Wish;
  try {
    for (;;) {
      const isWanted = random() < 0.5;
      wish = undefined;
      await (isWanted ? api.startCapability({ name }) : api.restartCapability({ name }));
      wish = 'running';
      if (random() < 0.5) continue;
      wish = undefined;
      await api.stopCapability({ name });
      wish = 'stopped';
    }
  } catch (thrown) {
    if (!(thrown instanceof SigilforgeError) || thrown.kind !== 'daemon_unavailable') throw thrown;
    return wish;
  }
}

/** What was under way when the daemon was killed may have come to pass or not: then its state and its processes agree. */
async function expectAs(api: SigilforgeClient, name: Name, wish: Wish): Promise<void> {
  if (wish !== undefined) await until(api, name, { service: wish });
  const surplus = async () => running(BOTS[name]).length - ((await stateOf(api, name)) === 'running' ? 2 : 0);
  await expect.poll(surplus, { timeout: 30_000 }).toBe(0);
}

async function stateOf(api: SigilforgeClient, name: Name): Promise<string | null> {
  return (await api.getCapability({ name })).capability.service;
}
