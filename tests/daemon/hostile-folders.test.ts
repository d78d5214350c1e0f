import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSandbox, isRoot, OTHER_USER, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

// The built programs of a user who is not root, beside folders and sockets that others have put where theirs belong.

const STRANGER = 12_346;

interface Place {
  readonly sandbox: Sandbox;
  /** The folder of the socket. */
  readonly run: string;
  readonly socket: string;
}

async function place(): Promise<Place> {
  const sandbox = await stopAfter(createSandbox({ user: OTHER_USER }));
  return { sandbox, run: path.dirname(sandbox.socket), socket: sandbox.socket };
}

function folder(file: string, owner = OTHER_USER, mode = 0o700): void {
  mkdirSync(file);
  chmodSync(file, mode);
  chownSync(file, owner, owner);
}

/** A program that listens there, with a socket of this owner, and how many connections it has had. */
async function listener(socket: string, owner: number): Promise<{ readonly connections: number }> {
  let connections = 0;
  const server = net.createServer((client) => {
    connections += 1;
    client.destroy();
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  await stopAfter({ stop: async () => void server.close() });
  chmodSync(socket, 0o600);
  chownSync(socket, owner, owner);
  return {
    get connections() {
      return connections;
    },
  };
}

/** What is at a path, and in it if it is a folder or leads to one. */
function below(file: string): unknown {
  const { uid, mode, ino } = lstatSync(file);
  return { uid, mode, ino, names: readdirSync(file) };
}

const refused = (sentence: string) => ({ code: 7, stderr: expect.stringContaining(sentence) });

const cases: readonly (readonly [string, (place: Place) => unknown, string])[] = [
  [
    'a link to a private folder',
    ({ sandbox, run }) => {
      folder(path.join(sandbox.home, 'elsewhere'));
      symlinkSync('elsewhere', run);
    },
    'is a symbolic link',
  ],
  ['a link to a folder of root', ({ run }) => symlinkSync('/run', run), 'is a symbolic link'],
  ['a folder that others may look into', ({ run }) => folder(run, OTHER_USER, 0o755), 'chmod 700'],
  ['a folder that others may write to', ({ run }) => folder(run, OTHER_USER, 0o777), 'chmod 700'],
  ['a folder of another user', ({ run }) => folder(run, STRANGER), 'belongs to another user'],
  ['a folder of root', ({ run }) => folder(run, 0, 0o755), 'belongs to another user'],
  [
    'a folder with a socket that another user has bound before',
    async ({ run, socket }) => {
      folder(run);
      await listener(socket, STRANGER);
    },
    'belongs to another user',
  ],
  [
    'a folder with a link to a socket',
    async ({ sandbox, run, socket }) => {
      folder(run);
      await listener(path.join(sandbox.home, 's.sock'), OTHER_USER);
      symlinkSync('../s.sock', socket);
    },
    'is a symbolic link',
  ],
];

describe.runIf(isRoot)('daemon and client refuse, and nothing is made or changed, where there is', () => {
  test.each(cases)('%s', async (_, prepare, sentence) => {
    const here = await place();
    await prepare(here);
    const before = below(here.run);
    expect(await here.sandbox.run(['daemon', 'start'])).toMatchObject(refused(sentence));
    expect(await here.sandbox.run(['--no-fallback', 'list-accounts'])).toMatchObject(refused(sentence));
    expect(below(here.run)).toEqual(before);
  });
});

test.runIf(isRoot)('a file in the place of the socket is kept, and refused', async () => {
  const { sandbox, run, socket } = await place();
  folder(run);
  writeFileSync(socket, 'precious');
  chownSync(socket, OTHER_USER, OTHER_USER);
  expect(await sandbox.run(['daemon', 'start'])).toMatchObject(refused('is not a socket'));
  expect((await sandbox.run(['--no-fallback', 'list-accounts'])).code).not.toBe(0);
});

test.runIf(isRoot)('a folder that is swapped while the daemon runs gets no byte of a client', async () => {
  const { sandbox, run, socket } = await place();
  const running = sandbox.spawn(program('sigilforged'), { input: '' });
  await running.seen(/"ready":true/, 'stdout');
  const listed = () => sandbox.run(['--no-fallback', 'list-accounts']);
  expect(await listed()).toMatchObject({ code: 0 });
  renameSync(run, `${run}.was`);
  folder(run, STRANGER);
  const theirs = await listener(socket, STRANGER);
  expect(await listed()).toMatchObject(refused('belongs to another user'));
  // The daemon sees that its socket is gone, and does not listen there.
  await running.seen(/socket\.(gone|moved)/);
  expect(await listed()).toMatchObject(refused('belongs to another user'));
  expect(theirs.connections).toBe(0);
  rmSync(run, { recursive: true });
  renameSync(`${run}.was`, run);
  await expect.poll(listed, { timeout: 20_000 }).toMatchObject({ code: 0 });
  expect(running.child.exitCode).toBeNull();
});
