import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { gate } from '../support/gate.js';
import { createSandbox, type RunningDaemon, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';
import { startDoorScene } from './scene.js';

interface Opened {
  readonly door: string;
  readonly socket: string;
}

interface Listed {
  readonly door: string;
  readonly name: string | null;
  readonly opened_at: string;
  readonly expires_at: string | null;
  readonly connections: number;
}

const NO_TIME = { grants: ['secret://a'], expires_in_s: 0 };

/** Opens a door, prints the answer, and stays. */
const OPENER = `
const socket = require('node:net').connect(process.argv[1]);
socket.write(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'open_door', params: { grants: ['secret://a'] } }) + '\\n');
socket.pipe(process.stdout);
`;

async function started(): Promise<{ sandbox: Sandbox; daemon: RunningDaemon; owner: WireClient }> {
  const sandbox = await stopAfter(createSandbox());
  const daemon = await sandbox.startDaemon();
  return { sandbox, daemon, owner: await connected(daemon.socket) };
}

const connected = (socket: string): Promise<WireClient> => stopAfter(WireClient.connect(socket));

async function open(opener: WireClient, params: object = {}): Promise<Opened> {
  const { result, error } = await opener.call('open_door', { grants: ['secret://a'], ...params });
  if (error !== undefined) throw new Error(error.message);
  return result as Opened;
}

async function listed(client: WireClient): Promise<readonly Listed[]> {
  const { result } = await client.call('list_doors');
  return (result as { doors: Listed[] }).doors;
}

/** Notified of a door that is closed for good. */
const told = ({ door }: Opened) => ({ jsonrpc: '2.0', method: 'door_closed', params: { door } });

const modeOf = (file: string): string => (lstatSync(file).mode & 0o777).toString(8);
const kindOf = async (client: WireClient, method: string, params: object) =>
  (await client.call(method, params)).error?.data?.kind;

describe('a door', () => {
  test('is a socket of its own, closed to others, with a short random name', async () => {
    const { sandbox, owner } = await started();
    const [one, other] = [await open(owner), await open(owner)];
    expect(one.socket).toBe(path.join(sandbox.home, 'run', 'sigilforge.doors', one.door));
    expect(one.door).toMatch(/^[a-z2-7]{16}$/);
    expect(other.door).not.toBe(one.door);
    expect(modeOf(one.socket)).toBe('600');
    expect(modeOf(path.dirname(one.socket))).toBe('700');
  });

  test('counts who came through, and forgets who left', async () => {
    const { owner } = await started();
    const { socket } = await open(owner, { name: 'counted' });
    const clients = [await connected(socket), await connected(socket)];
    for (const client of clients) await client.call('status');
    expect(await listed(owner)).toMatchObject([{ name: 'counted', connections: 2 }]);
    expect((await owner.call('status')).result).toMatchObject({ connections: 3 });
    await clients[0]?.stop();
    await expect.poll(() => listed(owner)).toMatchObject([{ connections: 1 }]);
  });

  test('goes away with the connection that opened it, whose process was killed', async () => {
    const { sandbox, daemon, owner } = await started();
    const opener = sandbox.spawn([process.execPath, '-e', OPENER, daemon.socket]);
    const [line] = await opener.seen(/^.*\n/, 'stdout');
    const { socket } = (JSON.parse(line) as { result: Opened }).result;
    const through = await connected(socket);
    expect(await through.call('status')).toHaveProperty('result.pid', daemon.pid);
    opener.child.kill('SIGKILL');
    expect(await through.line()).toBeUndefined();
    expect(existsSync(socket)).toBe(false);
    expect(existsSync(path.dirname(socket))).toBe(false);
    expect(await listed(owner)).toEqual([]);
  });

  test('goes away with the daemon', async () => {
    const { daemon, owner } = await started();
    const { socket } = await open(owner);
    const through = await connected(socket);
    await owner.call('shutdown');
    expect(await through.line()).toBeUndefined();
    await Promise.all([owner.stop(), through.stop()]);
    await daemon.exited;
    expect(existsSync(path.dirname(socket))).toBe(false);
  });

  test('is closed by its id, and only once', async () => {
    const { owner } = await started();
    const [kept, closing] = [await open(owner), await open(owner)];
    const { door, socket } = closing;
    const [through, stays] = [await connected(socket), await connected(kept.socket)];
    const other = await connected(path.join(path.dirname(path.dirname(socket)), 'sigilforge.sock'));
    expect(await other.call('close_door', { door })).toHaveProperty('result', { closed: true });
    expect(await through.answer()).toEqual(told(closing));
    expect(await through.line()).toBeUndefined();
    await expect(WireClient.connect(socket)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await other.call('close_door', { door })).toHaveProperty('result', { closed: false });
    expect(await stays.call('status')).toHaveProperty('result');
  });

  test('tells its opener that another has closed it, before its connections end', async () => {
    const { daemon, owner } = await started();
    const [one, two] = [await open(owner), await open(owner)];
    const other = await connected(daemon.socket);
    await other.call('close_door', { door: one.door });
    expect(await owner.answer()).toEqual(told(one));
    expect(await owner.call('close_door', { door: two.door })).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: { closed: true },
    });
  });

  test('is closed at the end of its time, though its opener stays', async () => {
    const { daemon, owner } = await started();
    const opened = await open(owner, { expires_in_s: 1 });
    const through = await connected(opened.socket);
    const other = await connected(daemon.socket);
    const [{ opened_at, expires_at } = expect.fail()] = await listed(other);
    expect(Date.parse(String(expires_at)) - Date.parse(opened_at)).toBeGreaterThanOrEqual(1000);
    expect(await owner.answer()).toEqual(told(opened));
    expect(await through.answer()).toEqual(told(opened));
    expect(await through.line()).toBeUndefined();
    await expect(WireClient.connect(opened.socket)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await listed(owner)).toEqual([]);
  });

  test('that has no time left is closed before its answer', async () => {
    const { owner } = await started();
    owner.send(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'open_door', params: NO_TIME })}\n`);
    const [closed, answer] = [await owner.answer(), await owner.answer()];
    expect(closed).toEqual(told(answer.result as Opened));
    expect(existsSync((answer.result as Opened).socket)).toBe(false);
    expect(await listed(owner)).toEqual([]);
  });

  test.each([-1, 31_536_001, '60', true])('has no time like %j', async (expires_in_s) => {
    const { owner } = await started();
    expect(await kindOf(owner, 'open_door', { grants: [], expires_in_s })).toBe('invalid_params');
    expect(await kindOf(owner, 'restrict', { grants: [], expires_in_s })).toBe('invalid_params');
  });

  test('is closed while a call through it is under way, whose grant is kept', async () => {
    const { scene, through, door, answer } = await duringRefresh();
    expect(await scene.owner.call('close_door', { door })).toHaveProperty('result.closed', true);
    expect(await through.answer()).toHaveProperty('method', 'door_closed');
    expect(await through.line()).toBeUndefined();
    answer();
    expect(await scene.owner.call('get_token', REJECTED)).toHaveProperty('result.access_token', 'token 3');
    expect(scene.provider.sentTo('POST /token')).toHaveLength(3);
  });

  test('has its running calls answered when the daemon ends', async () => {
    const { scene, through, answer } = await duringRefresh();
    await scene.owner.call('shutdown');
    expect(await scene.owner.line()).toBeUndefined();
    answer();
    expect(await through.answer()).toHaveProperty('result.access_token', 'token 3');
  });
});

/** The first token was refused, so that another one is asked for. */
const REJECTED = { service: 'oauth', account: 'granted', rejected_token: 'token 1' };

/** A call through a door that waits for the provider, until `answer` lets that one answer. */
async function duringRefresh() {
  const [asked, answered] = [gate(), gate()];
  let count = 0;
  const scene = await stopAfter(
    startDoorScene(async () => {
      count += 1;
      const body = { access_token: `token ${count}`, token_type: 'Bearer', expires_in: 3600 };
      if (count <= 2) return { body };
      asked.open();
      await answered.opened;
      return { body };
    }),
  );
  const { door, socket } = await open(scene.owner, { grants: ['auth://oauth/granted/token'] });
  const through = await connected(socket);
  through.send(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'get_token', params: REJECTED })}\n`);
  await asked.opened;
  return { scene, through, door, answer: answered.open };
}

describe('after a daemon was killed', () => {
  async function killed(): Promise<{ sandbox: Sandbox; left: readonly Opened[] }> {
    const { sandbox, daemon, owner } = await started();
    const left = [await open(owner), await open(owner)];
    daemon.child.kill('SIGKILL');
    await daemon.exited;
    for (const { socket } of left) expect(existsSync(socket)).toBe(true);
    return { sandbox, left };
  }

  test('the next one removes the doors that it left', async () => {
    const { sandbox, left } = await killed();
    await sandbox.startDaemon();
    for (const { socket } of left) expect(existsSync(path.dirname(socket))).toBe(false);
  });

  test('and leaves what is anything else', async () => {
    const { sandbox, left } = await killed();
    const folder = path.dirname(left[0]?.socket ?? '');
    writeFileSync(path.join(folder, 'file'), '');
    mkdirSync(path.join(folder, 'folder'));
    symlinkSync(path.join(folder, 'nowhere'), path.join(folder, 'link'));
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(path.join(folder, 'alive'), resolve));
    onTestFinished(() => void server.close());
    await sandbox.startDaemon();
    expect(readdirSync(folder).sort()).toEqual(['alive', 'file', 'folder', 'link']);
  });

  test('a door is opened again at the same path', async () => {
    const { sandbox, left } = await killed();
    const owner = await connected((await sandbox.startDaemon()).socket);
    const [first] = left;
    expect(await open(owner, { door: first?.door })).toEqual(first);
    expect(await (await connected(first?.socket ?? '')).call('status')).toHaveProperty('result');
    // It is open now, for whoever asks.
    const other = await connected(sandbox.socket);
    for (const client of [owner, other]) {
      expect(await kindOf(client, 'open_door', { grants: [], door: first?.door })).toBe('already_exists');
    }
    expect(await kindOf(owner, 'open_door', { grants: [], door: '../../elsewhere' })).toBe('invalid_params');
  });
});

describe('where a path beside the daemon would be too long', () => {
  /** A home whose own socket just fits. */
  async function longHome(): Promise<{ sandbox: Sandbox; socket: string }> {
    const sandbox = await stopAfter(createSandbox());
    const limit = process.platform === 'linux' ? 107 : 103;
    const room = limit - Buffer.byteLength(path.join(sandbox.home, 's.sock')) - 1;
    return { sandbox, socket: path.join(sandbox.home, 'x'.repeat(room), 's.sock') };
  }

  test('a door has a short folder of its own, which goes away with it', async () => {
    const { sandbox, socket } = await longHome();
    const daemon = await sandbox.startDaemon({ SIGILFORGE_SOCKET: socket });
    const owner = await connected(daemon.socket);
    const opened = await open(owner);
    const folder = path.join(tmpdir(), `sigilforge-door-${opened.door}`);
    expect(path.dirname(opened.socket)).toBe(folder);
    expect([modeOf(folder), modeOf(opened.socket)]).toEqual(['700', '600']);
    expect(await (await connected(opened.socket)).call('status')).toHaveProperty('result');
    await owner.call('close_door', { door: opened.door });
    expect(existsSync(folder)).toBe(false);
  });

  test('the next daemon removes it too, or opens it again at the same path', async () => {
    const { sandbox, socket } = await longHome();
    const env = { SIGILFORGE_SOCKET: socket };
    const daemon = await sandbox.startDaemon(env);
    const opened = await open(await connected(daemon.socket));
    const folder = path.dirname(opened.socket);
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    daemon.child.kill('SIGKILL');
    await daemon.exited;
    expect(existsSync(opened.socket)).toBe(true);
    const owner = await connected((await sandbox.startDaemon(env)).socket);
    expect(existsSync(folder)).toBe(false);
    expect(await open(owner, { door: opened.door })).toEqual(opened);
    await owner.call('close_door', { door: opened.door });
    expect(existsSync(folder)).toBe(false);
  });
});

describe('limits', () => {
  test('a connection has at most 64 doors, and the daemon 256', async () => {
    const { daemon, owner } = await started();
    const first = await open(owner);
    for (let count = 1; count < 64; count++) await open(owner);
    expect(await kindOf(owner, 'open_door', { grants: [] })).toBe('limit_exceeded');
    const others = [
      await connected(daemon.socket),
      await connected(daemon.socket),
      await connected(daemon.socket),
    ];
    for (const other of others) for (let count = 0; count < 64; count++) await open(other);
    const late = await connected(daemon.socket);
    expect(await kindOf(late, 'open_door', { grants: [] })).toBe('limit_exceeded');
    await owner.call('close_door', { door: first.door });
    await open(late);
    expect(new Set((await listed(late)).map(({ door }) => door)).size).toBe(256);
  });

  test('the connection of an opener is not closed to make room for others', async () => {
    const { daemon, owner } = await started();
    const { socket } = await open(owner);
    const crowd: WireClient[] = [];
    for (let count = 0; count < 300; count++) crowd.push(await connected(daemon.socket));
    expect(await crowd.at(-1)?.call('status')).toHaveProperty('result');
    expect(await listed(owner)).toHaveLength(1);
    expect(await (await connected(socket)).call('status')).toHaveProperty('result');
  });

  test('many grants come by page', async () => {
    const { owner } = await started();
    const grants = Array.from({ length: 128 }, (_, index) => `secret://${'x'.repeat(240)}/${index}`);
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) ids.push((await open(owner, { grants })).door);
    const found: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const { result } = await owner.call('list_doors', { cursor });
      const page = result as { doors: Listed[]; cursor: string | null };
      found.push(...page.doors.map(({ door }) => door));
      cursor = page.cursor;
      if (cursor === null) break;
      expect(page.doors).toHaveLength(1);
    }
    expect(found).toEqual(ids.sort());
  });
});
