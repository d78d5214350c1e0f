import net from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFailed, test } from 'vitest';
import { type MethodName, methodNames } from '../../shared/contract/index.js';
import { startFakeProvider } from '../support/provider/fake-provider.js';
import { startDaemon } from '../support/start/backends.js';
import { mostResident } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';
import { floodRequest, prepareFloods } from '../support/wire/floods.js';
import { mutated } from '../support/wire/mutations.js';
import { probeStatus } from '../support/wire/probe.js';
import { WireClient } from '../support/wire/wire-client.js';
import { chooseSeed, randomNumbers } from './random.js';
import { long } from './rounds.js';

// Valid requests of every method with random faults: nothing ends the daemon, or makes it answer anything but JSON-RPC.

const REQUESTS = long ? 1_000_000 : 20_000;
const EACH = 25;
const AT_ONCE = 4;
const LIMIT_MIB = 300;

/** These take so long that a few of them do. */
const SLOW: ReadonlySet<MethodName> = new Set([
  ...(['vault_rotate', 'vault_set_password', 'vault_recovery_key', 'vault_add_keychain'] as const),
  ...(['rpc.discover', 'list_providers'] as const),
]);
const METHODS = methodNames.filter((method) => method !== 'shutdown');

/** A method; slow ones in one of fifty times that they are drawn. */
function drawn(random: () => number): MethodName {
  for (;;) {
    const method = METHODS[Math.floor(random() * METHODS.length)];
    if (method !== undefined && (!SLOW.has(method) || random() < 0.02)) return method;
  }
}

/** The lines of one connection. The first opens the vault, which others may have locked. */
function linesOf(seed: number): Buffer {
  const random = randomNumbers(seed);
  const lines = ['{"jsonrpc":"2.0","id":"first","method":"unlock"}'].map((line) => Buffer.from(line));
  while (lines.length <= EACH) {
    const line = mutated(floodRequest(drawn(random), Math.floor(random() * 1000)), random);
    if (!line.includes('shutdown')) lines.push(line);
  }
  return Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
}

/** Sends all of it and the end of the stream, and takes whatever comes until the daemon ends its side. */
async function answersTo(socket: string, bytes: Buffer): Promise<string[]> {
  const client = net.connect({ path: socket, allowHalfOpen: true });
  client.end(bytes);
  const lines = (await text(client)).split('\n');
  expect(lines.pop()).toBe('');
  return lines;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const NOTIFICATIONS: ReadonlySet<unknown> = new Set(['event', 'door_closed']);

/** Whether a line is what JSON-RPC 2.0 (section 5) lets a server say, or one of the contract's notifications. */
function isAnswer(line: string): boolean {
  const value: unknown = JSON.parse(line);
  if (Array.isArray(value)) return value.length > 0 && value.every((one) => isOne(one));
  return isOne(value) || (isRecord(value) && NOTIFICATIONS.has(value['method']) && value['id'] === undefined);
}

function isOne(value: unknown): boolean {
  if (!isRecord(value) || value['jsonrpc'] !== '2.0') return false;
  if (!['string', 'number'].includes(typeof value['id']) && value['id'] !== null) return false;
  const { result, error } = value;
  if (error === undefined) return result !== undefined;
  const isWhole =
    isRecord(error) && typeof error['code'] === 'number' && typeof error['message'] === 'string';
  // A bug of Sigilforge is the one error that no request may lead to.
  return isWhole && result === undefined && error['code'] !== -32603;
}

test(
  `${REQUESTS.toLocaleString('en')} requests with random faults change nothing of others, and are answered by JSON-RPC`,
  async () => {
    const seed = chooseSeed();
    onTestFailed(() => void process.stderr.write(`Run it again with SIGILFORGE_FAULT_SEED=${seed}\n`));
    const provider = await stopAfter(startFakeProvider());
    const { sandbox, daemon } = await stopAfter(
      startDaemon({ env: { NODE_OPTIONS: '--max-old-space-size=512' } }),
    );
    const owner = await stopAfter(WireClient.connect(sandbox.socket));
    const call = (method: string, params: object) => owner.call(method, params);
    await prepareFloods(call, provider);
    await call('set_secret', { key: 'flood/long', value: 'short' });
    await call('set_secret', { key: 'kept/one', value: 'precious' });
    await call('set_provider', {
      id: 'kept',
      client_id: 'mine',
      token_endpoint: 'https://kept.example.org/',
    });
    const kept = { service: 'kept', account: 'work' };
    await call('add_account', { ...kept, flow: 'api_key', credential: { api_key: 'a key' } });
    const content = async () => {
      await call('unlock', {});
      return [
        await call('get_secret', { key: 'kept/one' }),
        await call('list_secrets', { prefix: 'kept/' }),
        await call('get_provider', { id: 'kept' }),
        await call('list_accounts', { service: 'kept' }),
        await call('get_token', kept),
      ].map(({ result, error }) => result ?? error);
    };
    await content();
    const before = await content();

    const probe = await probeStatus(sandbox.socket, 'requests with faults came');
    let next = 0;
    const send = async (): Promise<void> => {
      while (next * EACH < REQUESTS) {
        const chunk = seed + next++;
        const answers = await answersTo(sandbox.socket, linesOf(chunk));
        const wrong = answers.filter((line) => !isAnswer(line));
        expect({ chunk, wrong }).toEqual({ chunk, wrong: [] });
        expect(answers.length).toBeGreaterThan(0);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, send));
    await probe.stop();

    const withoutUse = (value: unknown) => JSON.stringify(value).replace(/"last_used":"[^"]*"/g, '');
    expect(withoutUse(await content())).toBe(withoutUse(before));
    expect(daemon.child.exitCode).toBeNull();
    expect(mostResident(daemon.pid)).toBeLessThan(LIMIT_MIB);
  },
  long ? 7_200_000 : 240_000,
);
