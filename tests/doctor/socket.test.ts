import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { doctor, found } from '../support/start/doctor.js';
import { crash } from '../support/start/processes.js';
import { createSandbox, isRoot, OTHER_USER } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const LONG = 120_000;

test(
  'a socket: none, of a daemon, open to others, left by a killed daemon, and what else may be in its place',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const { socket } = sandbox;
    const folder = path.dirname(socket);
    const look = (...args: string[]) => found(sandbox, 'socket', { args });
    const free = { state: 'ok', sentence: `${socket} is free for a daemon to listen on.`, cure: null };
    expect(await look()).toEqual([free]);

    const daemon = await sandbox.startDaemon();
    const own = { state: 'ok', sentence: `${socket} belongs to you and is closed to others.`, cure: null };
    expect(await look()).toEqual([own]);

    chmodSync(socket, 0o666);
    expect(await look()).toEqual([
      {
        state: 'fault',
        sentence: `${socket} is open to other users.`,
        cure: `Close it: chmod 600 '${socket}'`,
      },
    ]);
    chmodSync(socket, 0o600);
    chmodSync(folder, 0o755);
    expect(await look()).toEqual([
      {
        state: 'fault',
        sentence: `${folder} is open to other users.`,
        cure: `Close it: chmod 700 '${folder}'`,
      },
    ]);
    const { findings } = await doctor(sandbox, { args: ['socket', '--fix'] });
    expect(findings.filter(({ name }) => name === 'socket')).toEqual([
      { name: 'socket', ...own, fixed: [`${folder} was closed to other users.`] },
    ]);

    await crash(daemon);
    expect(await look()).toEqual([
      {
        state: 'warning',
        sentence: `${socket} is left from a daemon that was killed.`,
        cure: 'Remove it with: sigilforge doctor --fix. A daemon that starts replaces it: sigilforge daemon start',
      },
    ]);
    const mended = await doctor(sandbox, { args: ['socket', '--fix'] });
    expect(mended.findings.filter(({ name }) => name === 'socket')).toEqual([
      { name: 'socket', ...free, fixed: [`${socket}, which a killed daemon had left, was removed.`] },
    ]);
    expect(existsSync(socket)).toBe(false);

    writeFileSync(socket, 'a file', { mode: 0o600 });
    expect(await look('--fix')).toEqual([
      {
        state: 'fault',
        sentence: `${socket} is not a socket, so no daemon can listen there.`,
        cure: `Move it away: mv '${socket}' '${socket}.old'`,
      },
    ]);
    expect(lstatSync(socket).isFile()).toBe(true);
    unlinkSync(socket);

    if (isRoot) {
      chownSync(folder, OTHER_USER, OTHER_USER);
      expect(await look('--fix')).toEqual([
        {
          state: 'fault',
          sentence: `${folder} belongs to another user (uid ${OTHER_USER}).`,
          cure: expect.stringContaining('Run as that user'),
        },
      ]);
    }
  },
  LONG,
);

test(
  'a path that is too long, and a daemon of another data folder',
  async () => {
    const other = await stopAfter(createSandbox());
    const sandbox = await stopAfter(createSandbox());
    const file = path.join(sandbox.home, 'config', 'config.toml');
    mkdirSync(path.dirname(file), { mode: 0o700 });
    const place = path.join(sandbox.home, 'x'.repeat(100));
    writeFileSync(file, `[daemon]\nsocket = "${place}"\n`, { mode: 0o600 });
    expect(await found(sandbox, 'socket')).toEqual([
      {
        state: 'fault',
        sentence: `The socket path ${place} has ${place.length} bytes, and this platform holds 107.`,
        cure: 'Name a shorter path in SIGILFORGE_SOCKET or, in config.toml, as daemon.socket.',
      },
    ]);

    const { pid } = await other.startDaemon();
    writeFileSync(file, `[daemon]\nsocket = "${other.socket}"\n`);
    expect(await found(sandbox, 'socket')).toEqual([
      {
        state: 'fault',
        sentence: `The daemon that answers on ${other.socket} (process ${pid}) is not the one of ${sandbox.home}/data.`,
        cure: expect.stringContaining('sigilforge daemon start'),
      },
    ]);
  },
  LONG,
);

test(
  'a folder that is not only for the socket is named, and never closed by --fix',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const folder = path.join(sandbox.home, 'another', 'run');
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
    const file = path.join(sandbox.home, 'config', 'config.toml');
    mkdirSync(path.dirname(file), { mode: 0o700 });
    writeFileSync(file, `[daemon]\nsocket = "${folder}/sigilforge.sock"\n`, { mode: 0o600 });
    expect(await found(sandbox, 'socket', { args: ['--fix'] })).toMatchObject([
      { state: 'fault', sentence: `${folder} is open to other users.` },
    ]);
    expect(lstatSync(folder).mode & 0o777).toBe(0o755);
  },
  LONG,
);
