import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Relay, type RelayLimits } from '../../../cli/exec/grant/relay.js';
import type { Handlers } from '../../../daemon/handlers/handlers.js';
import { MAX_CLIENT_LINE } from '../../../shared/framing.js';
import { gate } from '../../support/gate.js';
import { makeFolder, type Served, type ServeOptions, serveStub } from '../../support/start/served.js';
import { stopAfter } from '../../support/start/stop-after.js';
import { WireClient } from '../../support/wire/wire-client.js';

/** A program's end of a relay, and a daemon that may be away. */
interface Relayed {
  readonly program: WireClient;
  readonly relay: Relay;
  /** Ends the daemon, and so the relay's connection. */
  leave(): Promise<void>;
  comeBack(options?: ServeOptions): Promise<void>;
}

const get_secret: Handlers['get_secret'] = ({ key }) => ({
  ...{ key, value: `value of ${key}`, encoding: 'utf8', backend: 'vault' },
});

const request = (id: unknown, key = 'a') => ({ jsonrpc: '2.0', id, method: 'get_secret', params: { key } });
const change = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'delete_secret', params: { key: 'a' } });
const text = (message: unknown) => `${JSON.stringify(message)}\n`;
const failed = (id: unknown, kind: string) => expect.objectContaining({ id, error: errorOf(kind) });
const errorOf = (kind: string) => expect.objectContaining({ data: expect.objectContaining({ kind }) });
const answered = (id: unknown, key = 'a') =>
  expect.objectContaining({ id, result: expect.objectContaining({ value: `value of ${key}` }) });

async function startRelay(options: ServeOptions = {}, limits: Partial<RelayLimits> = {}): Promise<Relayed> {
  const folder = await makeFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const socket = path.join(folder, 'run', 's.sock');
  const serveAgain = (more: ServeOptions) =>
    stopAfter(serveStub({ handlers: { get_secret }, ...more, socket }));
  let served: Served | undefined = await serveAgain(options);
  const [program, ours] = await connectedPair(path.join(folder, 'pair'));
  let connection = await opened(socket);
  const relay = new Relay(
    ours,
    connection,
    async () => {
      connection = await opened(socket);
      return connection;
    },
    limits,
  );
  onTestFinished(() => relay.close());
  return {
    ...{ program, relay },
    async leave() {
      const isNoticed = once(connection, 'close');
      await served?.stop();
      await isNoticed;
      served = undefined;
    },
    async comeBack(more = {}) {
      served = await serveAgain(more);
    },
  };
}

async function opened(socket: string): Promise<net.Socket> {
  const stream = net.connect(socket);
  await once(stream, 'connect');
  return stream.pause();
}

/** Two ends of a stream. */
async function connectedPair(socket: string): Promise<[WireClient, net.Socket]> {
  const server = net.createServer().listen(socket);
  const accepted = once(server, 'connection');
  const program = await stopAfter(WireClient.connect(socket));
  const [ours] = await accepted;
  server.close();
  return [program, ours as net.Socket];
}

test('every request of a batch has an answer if the daemon is away for too long', async () => {
  const { program, leave, comeBack } = await startRelay({}, { patienceMs: 50 });
  await program.ask(request('before'));
  await leave();
  const batch = [request('one'), { ...request(2), id: undefined }, change(3), request(null), request('one')];
  expect(await program.ask(batch)).toEqual([
    failed('one', 'daemon_unavailable'),
    failed(3, 'daemon_unavailable'),
    failed(null, 'daemon_unavailable'),
    failed('one', 'daemon_unavailable'),
  ]);
  expect(await program.ask([request(4)])).toEqual([failed(4, 'daemon_unavailable')]);
  await comeBack();
  await expect.poll(() => program.ask([request(5)])).toEqual([answered(5)]);
});

test('a batch of a daemon that went away is made again if it only reads, and else refused request by request', async () => {
  const { program, leave, comeBack } = await startRelay({
    handlers: { get_secret: () => new Promise(() => {}) },
    limits: { closeMs: 20 },
  });
  program.send(text([request(1), request(2, 'b')]));
  program.send(text([request(3), change(4)]));
  // They wait in the daemon: a call after them is answered.
  expect(await program.call('status', {}, 'status')).toHaveProperty('result');
  const refused = program.answer();
  await leave();
  expect(await refused).toEqual([failed(3, 'daemon_unavailable'), failed(4, 'daemon_unavailable')]);
  await comeBack();
  expect(await program.answer()).toEqual([answered(1), answered(2, 'b')]);
});

test('half a line is not joined with what another process writes later', async () => {
  const { program } = await startRelay({}, { halfLineMs: 50 });
  program.send('{"jsonrpc":"2.0","id":"half"');
  expect(await program.answer()).toEqual(failed(null, 'timeout'));
  expect(await program.ask(request('next'))).toEqual(answered('next'));
  program.send('{"jsonrpc":"2.0","id":"half"');
  program.send(`\n${text(request('at once'))}`);
  expect(await program.answer()).toEqual(failed(null, 'parse_error'));
  expect(await program.answer()).toEqual(answered('at once'));
});

test('bytes without sense, and a line that is too long, spoil no other line', async () => {
  const { program } = await startRelay();
  program.send(Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
  expect(await program.answer()).toEqual(failed(null, 'parse_error'));
  program.send(Buffer.concat([Buffer.alloc(MAX_CLIENT_LINE + 1, 'x'), Buffer.alloc(10, 'y')]));
  expect(await program.answer()).toEqual(failed(null, 'limit_exceeded'));
  program.send(`the rest of it\n${text(request('next'))}`);
  expect(await program.answer()).toEqual(answered('next'));
});

test('a notification has no answer, also while the daemon is away, and blank lines are nothing', async () => {
  const { program, leave } = await startRelay({}, { patienceMs: 50 });
  program.send(`\n \n${text({ ...request(1), id: undefined })}`);
  expect(await program.ask(request('one'))).toEqual(answered('one'));
  await leave();
  program.send(text({ ...request(1), id: undefined }));
  expect(await program.ask(request('two'))).toEqual(failed('two', 'daemon_unavailable'));
});

test('so many notifications wait for the daemon that the program is not read, and then it is read again', async () => {
  const { program, leave, comeBack } = await startRelay({}, { patienceMs: 60_000 });
  await leave();
  program.send(`no JSON\n${text({ ...request(1), id: undefined }).repeat(256)}`);
  // They came together with it, so they wait by then.
  expect(await program.answer()).toEqual(failed(null, 'parse_error'));
  program.send(text(request(2)));
  await comeBack();
  expect(await program.answer()).toEqual(answered(2));
});

test('an id that two processes use at once has two answers', async () => {
  const held = gate();
  const get_token: Handlers['get_token'] = async () => {
    await held.opened;
    return { access_token: 'slow', token_type: 'Bearer', expires_at: null, scopes: [] };
  };
  const { program } = await startRelay({ handlers: { get_secret, get_token } });
  const params = { service: 'example', account: 'work' };
  program.send(text({ jsonrpc: '2.0', id: 1, method: 'get_token', params }) + text(request(1)));
  expect(await program.answer()).toEqual(answered(1));
  held.open();
  expect(await program.answer()).toMatchObject({ id: 1, result: { access_token: 'slow' } });
});

test('once it is withdrawn, what waits is denied, and so is all that comes', async () => {
  const { program, relay, leave, comeBack } = await startRelay();
  await leave();
  program.send(text(request('held')) + text([request(1), change(2)]));
  // Those before it wait by then.
  expect(await program.ask('no JSON')).toEqual(failed(null, 'parse_error'));
  program.send(text(request('unread')));
  relay.withdraw();
  await comeBack();
  const answers = [await program.answer(), await program.answer(), await program.answer()];
  expect(answers).toEqual([
    failed('held', 'denied'),
    [failed(1, 'denied'), failed(2, 'denied')],
    failed('unread', 'denied'),
  ]);
});

test('no process narrows the descriptor for the others, also not within a batch or without an id', async () => {
  const restrict: Handlers['restrict'] = () => expect.unreachable();
  const { program } = await startRelay({ handlers: { get_secret, restrict } });
  const narrow = { jsonrpc: '2.0', id: 'narrow', method: 'restrict', params: { grants: [] } };
  expect(await program.ask(narrow)).toEqual(failed('narrow', 'daemon_unavailable'));
  expect(await program.ask([narrow, request(1)])).toEqual([
    failed('narrow', 'daemon_unavailable'),
    failed(1, 'daemon_unavailable'),
  ]);
  program.send(text({ ...narrow, id: undefined }));
  expect(await program.ask(request('next'))).toEqual(answered('next'));
});
