import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bindSocket } from '../../daemon/server/listen.js';
import type { Listener } from '../../daemon/server/listener.js';
import { makeFolder } from '../support/start/served.js';
import { WireClient } from '../support/wire/wire-client.js';

const isRoot = process.getuid?.() === 0;

/** A folder of the test's own with a path in it for a socket; the folder of the socket is not made yet. */
async function place(): Promise<{ home: string; folder: string; socket: string }> {
  const home = await makeFolder();
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const folder = path.join(home, 'run');
  return { home, folder, socket: path.join(folder, 's.sock') };
}

async function bind(socket: string): Promise<Listener> {
  const listener = await bindSocket(socket);
  listener.server.on('connection', (peer) => peer.destroy());
  onTestFinished(() => listener.close());
  return listener;
}

function mode(file: string): number {
  return lstatSync(file).mode & 0o777;
}

/** Leaves a socket behind as a killed daemon does. */
async function leaveStale(socket: string): Promise<void> {
  const server = await bindSocket(socket);
  const other = `${socket}.kept`;
  // Closing removes the path, but not another name of the same socket.
  linkSync(socket, other);
  await server.close();
  renameSync(other, socket);
}

describe('the socket', () => {
  test('is 0600 in a folder 0700 under the loosest umask, and never was otherwise', async () => {
    const { folder, socket } = await place();
    const usual = process.umask(0);
    try {
      const binding = bindSocket(path.join(folder, 'deep', 's.sock'));
      expect(mode(folder)).toBe(0o700);
      expect(mode(path.join(folder, 'deep'))).toBe(0o700);
      const deep = await binding;
      onTestFinished(() => deep.close());
      expect(mode(path.join(folder, 'deep', 's.sock'))).toBe(0o600);
      expect(process.umask()).toBe(0);
      await bind(socket);
      expect(mode(socket)).toBe(0o600);
    } finally {
      process.umask(usual);
    }
  });

  test('is bound with its final mode: no chmod comes after', async () => {
    const { folder, socket } = await place();
    mkdirSync(folder, { mode: 0o700 });
    const usual = process.umask(0);
    const modes: number[] = [];
    // The path is there as soon as listen() returns, before anybody hears of it.
    const listen = net.Server.prototype.listen;
    net.Server.prototype.listen = function (this: net.Server, ...args: Parameters<typeof listen>) {
      const server = listen.apply(this, args);
      modes.push(...readdirSync(folder).map((name) => mode(path.join(folder, name))));
      return server;
    } as typeof listen;
    try {
      await bind(socket);
    } finally {
      net.Server.prototype.listen = listen;
      process.umask(usual);
    }
    expect(modes).toEqual([0o600]);
    expect(mode(socket)).toBe(0o600);
    expect(readdirSync(folder)).toEqual([path.basename(socket)]);
  });

  test('that has come to be of another program, or no socket any more, stays when the server is closed', async () => {
    const { socket } = await place();
    const first = await bindSocket(socket);
    unlinkSync(socket);
    expect(first.isInPlace()).toBe(false);
    const second = await bind(socket);
    await first.close();
    expect(second.isInPlace()).toBe(true);
    unlinkSync(socket);
    writeFileSync(socket, 'precious');
    await second.close();
    expect(readFileSync(socket, 'utf8')).toBe('precious');
  });

  test('may have the longest path that the platform holds, and the shortest name', async () => {
    const { home } = await place();
    const limit = process.platform === 'darwin' ? 103 : 107;
    const deep = path.join(home, 'x'.repeat(limit - home.length - 5));
    const { address } = await bind(path.join(deep, 'sok'));
    expect(address).toHaveLength(limit);
    await (await WireClient.connect(address)).stop();
  });

  test('is gone when the server is closed', async () => {
    const { socket } = await place();
    await (await bindSocket(socket)).close();
    expect(existsSync(socket)).toBe(false);
  });

  test('that no process listens on any more is replaced', async () => {
    const { socket } = await place();
    await leaveStale(socket);
    await expect(WireClient.connect(socket)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await bind(socket);
    await (await WireClient.connect(socket)).stop();
  });

  test('that a process listens on is left alone', async () => {
    const { socket } = await place();
    const { server: first } = await bind(socket);
    const accepted = new Promise((resolve) => first.once('connection', resolve));
    first.on('connection', (peer) =>
      peer
        .on('error', () => undefined)
        .resume()
        .end(),
    );
    await expect(bindSocket(socket)).rejects.toMatchObject({
      kind: 'already_exists',
      message: expect.stringContaining(socket),
    });
    await accepted;
    await (await WireClient.connect(socket)).stop();
  });

  test('takes the place of nothing that is not a socket', async () => {
    const { folder, socket } = await place();
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(socket, 'precious', { mode: 0o600 });
    await expect(bindSocket(socket)).rejects.toMatchObject({
      kind: 'unsafe_path',
      message: expect.stringContaining('not a socket'),
    });
    expect(readFileSync(socket, 'utf8')).toBe('precious');
  });

  test('takes the place of no link, not even of one to a stale socket', async () => {
    const { folder, socket } = await place();
    const target = path.join(folder, 'target.sock');
    await leaveStale(target);
    symlinkSync(target, socket);
    await expect(bindSocket(socket)).rejects.toMatchObject({
      kind: 'unsafe_path',
      message: expect.stringContaining('symbolic link'),
    });
    expect(existsSync(target)).toBe(true);
  });

  test('has a path that the platform can hold', async () => {
    const { folder } = await place();
    const tooLong = path.join(folder, 'x'.repeat(120));
    await expect(bindSocket(tooLong)).rejects.toMatchObject({
      kind: 'unsafe_path',
      message: expect.stringMatching(process.platform === 'darwin' ? /holds 103/ : /holds 107/),
    });
    expect(existsSync(folder)).toBe(false);
  });

  test('open to others is not replaced', async () => {
    const { socket } = await place();
    await leaveStale(socket);
    chmodSync(socket, 0o666);
    await expect(bindSocket(socket)).rejects.toMatchObject({
      kind: 'unsafe_path',
      hint: expect.stringContaining(`chmod 600 '${socket}'`),
    });
  });
});

describe('the folder', () => {
  test('open to others is refused, with the command that mends it', async () => {
    const { folder, socket } = await place();
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    await expect(bindSocket(socket)).rejects.toMatchObject({
      kind: 'unsafe_path',
      hint: expect.stringContaining(`chmod 700 '${folder}'`),
    });
    expect(mode(folder)).toBe(0o755);
  });

  test('of another user is refused', async () => {
    const { folder } = await place();
    if (isRoot) {
      mkdirSync(folder, { mode: 0o700 });
      chownSync(folder, 12_345, 12_345);
    }
    const foreign = isRoot ? folder : '/usr';
    await expect(bindSocket(path.join(foreign, 's.sock'))).rejects.toMatchObject({
      kind: 'unsafe_path',
      message: expect.stringContaining('belongs to another user'),
    });
  });

  test('that is a link is refused, wherever it leads', async () => {
    const { home, folder, socket } = await place();
    mkdirSync(path.join(home, 'real'), { mode: 0o700 });
    symlinkSync(path.join(home, 'real'), folder);
    await expect(bindSocket(socket)).rejects.toMatchObject({
      kind: 'unsafe_path',
      message: expect.stringContaining('symbolic link'),
    });
  });

  test('that is a file is refused', async () => {
    const { folder, socket } = await place();
    writeFileSync(folder, '', { mode: 0o600 });
    await expect(bindSocket(socket)).rejects.toMatchObject({ kind: 'unsafe_path' });
  });
});
