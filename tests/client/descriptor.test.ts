import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';

const HAND_ON = fileURLToPath(new URL('../support/start/programs/hand-on.py', import.meta.url));
const LIBRARY = fileURLToPath(new URL('../../dist/client.mjs', import.meta.url));
const VALUE = 'value-of-the-key';
const RESOLVE = ['resolve', 'secret://team/key'];

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.startDaemon();
  await sandbox.run(['secret', 'set', 'team/key', '--backend', 'vault'], { input: VALUE });
  return () => sandbox.stop();
});

/** Runs a program with a descriptor to the daemon. */
const handOn = (command: readonly string[], env: NodeJS.ProcessEnv = {}, input = '') =>
  sandbox.spawn(['python3', HAND_ON, sandbox.socket, ...command], { input, env }).exited;
const cli = (args: readonly string[]) => [...program('sigilforge'), ...args];
const node = (script: string) => [process.execPath, '--input-type=module', '-e', script];

test('the CLI asks over the descriptor, in its short way and in its long one', async () => {
  expect(await handOn(cli(RESOLVE))).toMatchObject({ code: 0, stdout: `${VALUE}\n`, stderr: '' });
  const listed = await handOn(cli(['secret', 'list', '--json']));
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining('team/key') });
  expect(await handOn(cli(['get-token', 'none', 'one']))).toMatchObject({ code: 3 });
});

test("what is not its own is dropped: another's answer, half a line, an error without an id, no JSON", async () => {
  expect(await handOn(['--foreign', ...cli(RESOLVE)])).toMatchObject({ code: 0, stdout: `${VALUE}\n` });
  const listed = await handOn(['--foreign', ...cli(['secret', 'get', 'team/key'])]);
  expect(listed).toMatchObject({ code: 0, stdout: `${VALUE}\n` });
});

test('several clients of a process share it, and the end of one neither closes it nor ends its stream', async () => {
  const script = `
    import { connect } from ${JSON.stringify(LIBRARY)};
    const clients = await Promise.all([connect(), connect()]);
    const values = await Promise.all(clients.map((client) => client.getSecret({ key: 'team/key' })));
    await clients[0].close();
    values.push(await clients[1].getSecret({ key: 'team/key' }));
    await clients[1].close();
    const third = await connect();
    values.push(await third.resolve({ reference: 'secret://team/key' }));
    console.log(third.via, values.map(({ value }) => value).join());
  `;
  // It ends by itself, with a client open.
  expect(await handOn(node(script))).toMatchObject({
    code: 0,
    stdout: `daemon ${[VALUE, VALUE, VALUE, VALUE].join()}\n`,
    stderr: '',
  });
});

test('a worker thread is told that only the main thread has it, and its end takes nothing from there', async () => {
  const file = path.join(sandbox.home, 'threads.mjs');
  await writeFile(
    file,
    `
    import { once } from 'node:events';
    import { isMainThread, parentPort, Worker } from 'node:worker_threads';
    import { connect } from ${JSON.stringify(LIBRARY)};
    const asked = async () => (await (await connect()).getSecret({ key: 'team/key' })).value;
    if (isMainThread) {
      const said = [await asked()];
      const worker = new Worker(new URL(import.meta.url));
      const ended = once(worker, 'exit');
      said.push(...(await once(worker, 'message')));
      await ended;
      said.push(await asked());
      console.log(said.join('; '));
    } else parentPort.postMessage(await asked().catch(({ message }) => message));
  `,
  );
  expect(await handOn([process.execPath, file])).toMatchObject({
    code: 0,
    stdout: `${VALUE}; SIGILFORGE_FD leads to the daemon in the main thread only.; ${VALUE}\n`,
    stderr: '',
  });
});

test('another process has it after the first one', async () => {
  const both = `${cli(RESOLVE).join(' ')} && ${cli(RESOLVE).join(' ')}`;
  expect(await handOn(['sh', '-c', both])).toMatchObject({ code: 0, stdout: `${VALUE}\n${VALUE}\n` });
});

test('a given socket is used without it, and a path before it', async () => {
  const script = `
    import { connect } from ${JSON.stringify(LIBRARY)};
    const given = await connect({ socket: '/nowhere/here.sock' }).catch(({ kind }) => kind);
    console.log(given);
  `;
  expect(await handOn(node(script))).toMatchObject({ code: 0, stdout: 'daemon_unavailable\n' });
  const env = { SIGILFORGE_SOCKET: '/nowhere/there.sock' };
  const absent = await handOn(cli(RESOLVE), env);
  expect(absent).toMatchObject({ code: 9, stdout: '' });
  expect(absent.stderr).toContain('No daemon listens on /nowhere/there.sock');
});

test('--direct is refused, and so is the library', async () => {
  const direct = await handOn(cli(['--direct', 'secret', 'list']));
  expect(direct).toMatchObject({ code: 9, stdout: '' });
  expect(direct.stderr).toContain('SIGILFORGE_FD is set, so only the daemon over that descriptor');
  const exported = await handOn(cli(['vault', 'export', 'out.sealed']), {}, 'a long passphrase\n');
  expect(exported).toMatchObject({ code: 9, stdout: '' });
});

test('events are refused in words', async () => {
  const events = await handOn(cli(['events']));
  expect(events).toMatchObject({ code: 9, stdout: '' });
  expect(events.stderr).toContain('Events do not come over SIGILFORGE_FD');
});

test.each([
  ['no numbers', 'SIGILFORGE_FD is not of the form N:DEV:INO.'],
  ['3', 'SIGILFORGE_FD is not of the form N:DEV:INO.'],
  ['40:1:2', 'descriptor 40 is not open here (EBADF)'],
  ['0:1:2', 'descriptor 0 is another file here'],
  ['1:0:0', 'descriptor 1 is another file here'],
])('SIGILFORGE_FD=%s is not used, and nothing else is in its place', async (value, sentence) => {
  for (const args of [RESOLVE, ['secret', 'list']]) {
    const refused = await sandbox.run(args, { env: { SIGILFORGE_FD: value } });
    expect(refused).toMatchObject({ code: 9, stdout: '' });
    expect(refused.stderr).toContain(sentence);
  }
});

/** Starts its arguments as another program does that gives no thought to descriptors. */
const STARTERS = {
  Python: ['python3', '-c', 'import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)'],
  Node: [
    process.execPath,
    '-e',
    `const { spawnSync } = require('node:child_process');
     process.exitCode = spawnSync(process.argv[1], process.argv.slice(2), { stdio: 'inherit' }).status;`,
  ],
};

test.each([
  ['Python', '40', STARTERS.Python],
  ['Node, which closes the lowest', '10', STARTERS.Node],
])('a grandchild of %s that has only the variable is told so', async (_starter, number, starter) => {
  const refused = await handOn([...starter, ...cli(RESOLVE)], { NUMBER: number });
  expect(refused).toMatchObject({ code: 9, stdout: '' });
  expect(refused.stderr).toContain(`SIGILFORGE_FD is set, but descriptor ${number} is`);
  expect(refused.stderr).toContain('SIGILFORGE_SOCKET');
  expect(refused.stderr).toContain('pass_fds');
});

test('a grandchild of Node has a higher descriptor as well', async () => {
  expect(await handOn([...STARTERS.Node, ...cli(RESOLVE)])).toMatchObject({ code: 0, stdout: `${VALUE}\n` });
});
