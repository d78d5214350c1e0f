import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startDaemon } from '../support/start/backends.js';
import { mostResident } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';

const MAX = 256 * 1024;
const CONNECTIONS = 240;
const CALLS = 64;
const LIMIT_MIB = 300;

function call(method: string, params: object): object[] {
  return Array.from({ length: CALLS }, (_, id) => ({ jsonrpc: '2.0', id, method, params }));
}

function lines(messages: readonly object[]): string {
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('');
}

/** A client that sends this and reads nothing. */
async function glutton(socket: string, text: string): Promise<void> {
  const client = net.connect(socket).pause();
  client.on('error', () => undefined);
  onTestFinished(() => void client.destroy());
  await once(client, 'connect');
  client.write(text);
}

const long = 'x'.repeat(MAX);
describe('a daemon with a heap of 512 MiB stays below 300 MiB, and serves others, while many clients', () => {
  test.each([
    ['ask for long secrets and read nothing', long, lines(call('get_secrets', {}))],
    ['ask for them one by one', long, lines(call('get_secret', { key: 'k' }))],
    ['ask for them by reference', long, lines(call('resolve', { reference: 'secret://k' }))],
    ['ask for them in batches', long, lines([call('get_secrets', {})])],
    ['ask for text of three bytes a character', '✓'.repeat(MAX / 3), lines(call('get_secrets', {}))],
    ['ask for bytes that JSON makes six times as long', '\0'.repeat(MAX), lines(call('get_secrets', {}))],
    ['begin a line of 1 MiB', 'x', ' '.repeat(1024 * 1024)],
    ['store secrets', 'x', lines(call('set_secret', { key: 'other', value: long }).slice(0, 3))],
    ['send long lines that are refused', 'x', lines(call('status', { x: long + long }).slice(0, 3))],
  ])('%s', async (_, value, text) => {
    const { api, sandbox, daemon } = await stopAfter(
      startDaemon({ env: { NODE_OPTIONS: '--max-old-space-size=512' } }),
    );
    await api.setSecret({ key: 'k', value: Buffer.from(value).toString('base64'), encoding: 'base64' });
    const other = await stopAfter(WireClient.connect(sandbox.socket));
    for (let count = 0; count < CONNECTIONS; count++) await glutton(sandbox.socket, text);
    // Each of these answers is a round in which every other connection has had its turn.
    for (let round = 0; round < 2 * CALLS; round++) {
      expect(await other.call('status')).toHaveProperty('result.secret_count');
    }
    expect(await other.call('get_secret', { key: 'k' })).toHaveProperty('result.value', value);
    expect(mostResident(daemon.pid)).toBeLessThan(LIMIT_MIB);
  });
});
