import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Core } from '../../daemon/core/core.js';
import { noDoors } from '../../daemon/handlers/doors.js';
import type { Peer } from '../../daemon/handlers/handlers.js';
import { createHandlers } from '../../daemon/handlers/index.js';
import { contractMethods, type WireMethods } from '../../daemon/server/methods.js';
import { type MethodName, methodNames } from '../../shared/contract/index.js';
import { MAX_CLIENT_LINE } from '../../shared/framing.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { openTestCore } from '../support/start/core.js';
import { type Served, serveStub } from '../support/start/served.js';
import { floodRequest, prepareFloods } from '../support/wire/floods.js';
import { WireClient } from '../support/wire/wire-client.js';

// The whole daemon in this process. A turn starts one call, so that the order of the answers is the same on every machine:
// how many calls of a flood are answered between a request of another connection and its answer. `npm run bench -- fairness`
// measures the times.

const IN_FLIGHT = 64;
const IDLE = 256;
/** A probe of each kind so often. */
const ROUNDS = 4;
/** A request comes in, is run, and its answer is read: each takes a turn of the event loop, in which a flood has its own. */
const MOST_BETWEEN = 8;
const OWN = { service: 'own', account: 'work' };

let home: string;
let core: Core;
let served: Served;
let provider: FakeProvider;
let probe: WireClient;
const idle: WireClient[] = [];
/** Calls that were answered, of all connections. */
let answered = 0;

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'sf-'));
  core = await openTestCore(home);
  provider = await startFakeProvider();
  const host = {
    socket: () => null,
    startedAt: 0,
    startedBy: null,
    connections: () => served.serving.connections,
    setLogLevel: () => undefined,
    shutdown: () => undefined,
    doors: noDoors,
  };
  const methods = counted(contractMethods(createHandlers(core, host)));
  served = await serveStub({ methods, limits: { turnMs: 0, turnWaitingMs: 0 } });
  for (let count = 0; count < IDLE; count++) idle.push(await WireClient.connect(served.socket));
  probe = await WireClient.connect(served.socket);
  await prepareFloods((method, params) => probe.call(method, params), provider);
  await probe.call('add_account', { ...OWN, flow: 'api_key', credential: { api_key: 'own' } });
});
afterAll(async () => {
  await Promise.all([probe, ...idle].map((client) => client.stop()));
  await served.stop();
  await core.close();
  await provider.stop();
  await rm(home, { recursive: true, force: true });
});

/** The methods, with their calls counted once they are answered. */
function counted(methods: WireMethods): WireMethods {
  const count = (method: (params: object | undefined, peer: Peer) => unknown) => {
    return async (params: object | undefined, peer: Peer) => {
      try {
        return await method(params, peer);
      } finally {
        answered += 1;
      }
    };
  };
  return new Map([...methods].map(([name, method]) => [name, count(method)]));
}

/** Keeps calls of a method in flight, as lines or as batches, until the returned function is called. */
async function flood(method: MethodName, batch: number): Promise<() => Promise<void>> {
  const client = await WireClient.connect(served.socket);
  let sent = 0;
  let goesOn = true;
  const send = (): void => {
    const calls = [floodRequest(method, sent++)];
    const room = () => JSON.stringify(calls).length * 2 < MAX_CLIENT_LINE;
    while (calls.length < batch && room()) calls.push(floodRequest(method, sent++));
    client.send(`${JSON.stringify(batch === 1 ? calls[0] : calls)}\n`);
  };
  const answerAll = async (): Promise<void> => {
    while ((await client.line()) !== undefined && goesOn) send();
  };
  for (let lines = 0; lines < IN_FLIGHT / batch; lines++) send();
  // The second batch follows without a pause.
  if (batch > 1) send();
  const over = answerAll();
  return async () => {
    goesOn = false;
    await client.stop();
    await over;
  };
}

/** How many calls of others are answered between a request and its answer. */
async function between(method: string, params: object = {}): Promise<number> {
  const before = answered;
  expect(await probe.call(method, params)).toHaveProperty('id', 1);
  return answered - before - 1;
}

describe.each([
  ['one by one', 1],
  ['in batches', IN_FLIGHT],
])(
  'a connection that floods the daemon %s does not keep a cached token, status or shutdown waiting',
  (_, batch) => {
    test.each(methodNames)('%s', async (method) => {
      await probe.call('get_token', OWN);
      const stop = await flood(method, batch);
      const counts: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        counts.push(await between('get_token', OWN), await between('status'), await between('shutdown'));
      }
      const before = answered;
      await expect.poll(() => answered, { timeout: 20_000 }).toBeGreaterThan(before);
      await stop();
      await probe.call('unlock');
      expect(Math.max(...counts)).toBeLessThanOrEqual(MOST_BETWEEN);
    });
  },
);
