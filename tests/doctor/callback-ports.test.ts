import { once } from 'node:events';
import { createServer } from 'node:http';
import { beforeEach, describe, expect, test } from 'vitest';
import { startDaemon } from '../support/start/backends.js';
import { found } from '../support/start/doctor.js';
import { createSandbox, isRoot, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { listenOnLoopback } from '../support/wire/loopback.js';

/** Each state is a run of the whole program. */
const SLOW = { timeout: 90_000 };

const free = { state: 'ok', sentence: 'Browsers can return to a free port of 127.0.0.1.', cure: null };

/** A port that nothing else has at the moment. */
async function freePort(): Promise<number> {
  const server = await listenOnLoopback(async () => {});
  await server.stop();
  return Number(new URL(server.url).port);
}

const settings = (id: string, port: number, host = '127.0.0.1') => ({
  id,
  authorization_endpoint: 'https://example.org/authorize',
  token_endpoint: 'https://example.org/token',
  client_id: 'a client',
  redirect_uri: `http://${host}:${port}/callback`,
});

describe('doctor on callback ports', SLOW, () => {
  let sandbox: Sandbox;

  beforeEach(async () => {
    sandbox = await createSandbox();
    return () => sandbox.stop();
  });

  test('of 127.0.0.1', async () => {
    expect(await found(sandbox, 'callback ports')).toEqual([free]);
  });

  // Only root makes a network of its own, in which not even the loopback interface is up.
  test.skipIf(!isRoot)('without a loopback interface', async () => {
    const options = { under: ['unshare', '--net'], program: program('sigilforge') };
    expect(await found(sandbox, 'callback ports', options)).toEqual([
      {
        state: 'fault',
        sentence: 'A browser cannot return to 127.0.0.1: ENETUNREACH.',
        cure: expect.stringContaining('ip link set lo up'),
      },
    ]);
  });

  test('that providers fix: free, held by another program, and by a sign-in that waits', async () => {
    const { api, sandbox: home, daemon } = await stopAfter(startDaemon());
    const seen = () => found(home, 'callback ports');
    const port = await freePort();
    await api.setProvider(settings('one', port));
    await api.setProvider(settings('two', port, 'localhost'));
    const where = `Port ${port}, to which browsers return for one and two,`;
    expect(await seen()).toEqual([{ state: 'ok', sentence: `${where} is free.`, cure: null }]);

    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    expect(await seen()).toEqual([
      {
        state: 'warning',
        sentence: expect.stringMatching(`^${where} is held by .+, process ${process.pid}\\.$`),
        cure: expect.stringMatching(/^End that program.*sigilforge provider set one --redirect-uri URL/),
      },
    ]);
    await new Promise((closed) => other.close(closed));

    const { flow_id } = await api.addAccount({ service: 'one', account: 'work', flow: 'authorization_code' });
    expect(flow_id).toBeTruthy();
    expect(await seen()).toEqual([
      { state: 'ok', sentence: `${where} is held by the daemon for a sign-in that waits.`, cure: null },
    ]);
    expect(daemon.child.exitCode).toBeNull();
  });
});
