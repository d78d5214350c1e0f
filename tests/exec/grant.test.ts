import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCOUNT, addAccount, SERVICE } from '../support/accounts.js';
import { GrantedShell } from '../support/start/granted-shell.js';
import { crash } from '../support/start/processes.js';
import { program } from '../support/start/sandbox.js';
import { type Scene, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { WireClient } from '../support/wire/wire-client.js';

const REFUSING = fileURLToPath(new URL('../support/start/programs/refusing.py', import.meta.url));
const CLI = program('sigilforge').join(' ');
const TOKEN = `auth://${SERVICE}/${ACCOUNT}/token`;
const GET_TOKEN = `${CLI} get-token ${SERVICE} ${ACCOUNT}`;
const RESOLVE = `${CLI} resolve secret://team/key`;
const VALUE = 'value-of-the-key';
/** Only the descriptor is left. */
const NO_PATH = 'env -u SIGILFORGE_SOCKET';
/** A system that forbids Unix sockets. */
const FILTERED = ['python3', REFUSING, 'socket', 'EPERM', 'bash'];
const WITHDRAWN = 'What was granted to this program was withdrawn, or its time is over.';
const DENIED = 'This connection may use only what was granted to it.';

let scene: Scene;
/** A folder with the tests' own programs. */
let home: string;

beforeAll(async () => {
  scene = await startScene();
  home = scene.sandbox.home;
  await addAccount(scene.api);
  await scene.api.setSecret({ key: 'team/key', value: VALUE, backend: 'vault' });
  await scene.api.setSecret({ key: 'team/other', value: 'other-value', backend: 'vault' });
});
afterAll(() => scene.stop());

const shells: GrantedShell[] = [];
afterAll(() => Promise.all(shells.map((shell) => shell.end())));

/** A shell with these options of `exec`. */
function grantedShell(options: readonly string[], shell: readonly string[] = ['bash']): GrantedShell {
  const started = new GrantedShell(scene.sandbox.start(['exec', ...options, '--', ...shell]));
  shells.push(started);
  return started;
}

const exec = (...args: string[]) => scene.sandbox.run(['exec', ...args]);

async function restartDaemon(): Promise<void> {
  await crashOrEnd('SIGTERM');
  await scene.start();
}

async function crashOrEnd(signal: NodeJS.Signals): Promise<void> {
  const ended = once(scene.daemon.child, 'exit');
  scene.daemon.child.kill(signal);
  await ended;
}

const socketOf = async (shell: GrantedShell) => (await shell.run('echo "$SIGILFORGE_SOCKET"')).output.trim();

const closeDoor = (door: string) => scene.sandbox.run(['door', 'close', door]);

async function script(name: string, text: string): Promise<string> {
  const file = path.join(home, name);
  await writeFile(file, text);
  return file;
}

describe('the two ways in', () => {
  let shell: GrantedShell;
  beforeAll(() => {
    shell = grantedShell(['--grant', 'secret://team/key', '--grant', TOKEN]);
  });

  test.each([
    ['path', ''],
    ['descriptor', NO_PATH],
  ])('by the %s a program gets what it was granted, and nothing else', async (_way, by) => {
    expect(await shell.run(`${by} ${RESOLVE}`)).toEqual({ code: 0, output: `${VALUE}\n` });
    const { code, output } = await shell.run(`${by} ${GET_TOKEN}`);
    expect(code).toBe(0);
    expect(output).toMatch(/^\S{20,}\n$/);
    for (const args of [
      'resolve secret://team/other',
      'resolve secret://none',
      'list-accounts',
      'secret list',
    ]) {
      const refused = await shell.run(`${by} ${CLI} ${args}`);
      expect(refused).toEqual({ code: 7, output: expect.stringContaining(DENIED) });
    }
  });

  test.each([
    ['SIGILFORGE_SOCKET', ''],
    ['SIGILFORGE_FD', NO_PATH],
  ])('--direct is refused where %s is set', async (name, by) => {
    const refused = await shell.run(`${by} ${CLI} --direct secret list`);
    expect(refused).toEqual({ code: 9, output: expect.stringContaining(`${name} is set, so only`) });
  });

  test('exec without --grant passes both on', async () => {
    const inner = `${NO_PATH} ${CLI} exec --no-mask --env A=secret://team/key --`;
    expect(await shell.run(`${inner} bash -c 'echo $A; ${RESOLVE}'`)).toEqual({
      code: 0,
      output: `${VALUE}\n${VALUE}\n`,
    });
  });

  test('a program that closes the descriptor closes only its own', async () => {
    const closed = await shell.run(`bash -c 'exec 20>&-; ${NO_PATH} ${RESOLVE}'`);
    expect(closed).toEqual({ code: 9, output: expect.stringContaining('descriptor 20 is not open here') });
    expect(await shell.run(`${NO_PATH} ${RESOLVE}`)).toMatchObject({ code: 0 });
  });

  test('another file behind the number is not used', async () => {
    const other = await shell.run(`${NO_PATH} ${RESOLVE} 20</dev/null`);
    expect(other).toEqual({ code: 9, output: expect.stringContaining('descriptor 20 is another file here') });
  });

  test('a program that was killed in the middle of a line spoils no other', async () => {
    const killed = await shell.run(`bash -c 'printf "{\\"jsonrpc\\":\\"2.0" >&20; kill -9 $$'`);
    expect(killed.code).toBe(137);
    expect(await shell.run(`${NO_PATH} ${RESOLVE}`)).toEqual({ code: 0, output: `${VALUE}\n` });
  });

  test('a program in another language', async () => {
    const file = await script(
      'raw.py',
      `import json, os, socket
fd = int(os.environ["SIGILFORGE_FD"].split(":")[0])
stream = socket.socket(fileno=fd)
# Others may have made it one that does not block; with a limit, Python waits all the same.
stream.settimeout(20)
lines = stream.makefile("rb")
def ask(text):
    stream.sendall(b"\\n" + text + b"\\n")
    return json.loads(lines.readline())
request = {"jsonrpc": "2.0", "id": "mine-1", "method": "get_secret", "params": {"key": "team/key"}}
print(ask(json.dumps(request).encode())["result"]["value"])
print(ask(b"no JSON")["error"]["data"]["kind"])
print(ask(b"x" * (1 << 20) + b"x")["error"]["data"]["kind"])
print(ask(b"\\r" + json.dumps(request).encode())["result"]["value"])
batch = [{**request, "id": 1}, {**request, "id": 2, "method": "list_accounts"}]
print(sorted(one["id"] for one in ask(json.dumps(batch).encode())))
stream.detach()
`,
    );
    expect(await shell.run(`python3 ${file}`)).toEqual({
      code: 0,
      output: `${VALUE}\nparse_error\nlimit_exceeded\n${VALUE}\n[1, 2]\n`,
    });
  });

  test('grandchildren of Node and of Python, which give no thought to it', async () => {
    const node = await script(
      'start.cjs',
      `process.exitCode = require('node:child_process').spawnSync('bash', ['-c', process.argv[2]], { stdio: 'inherit' }).status;`,
    );
    const python = await script(
      'start.py',
      'import subprocess, sys\nsys.exit(subprocess.run(["bash", "-c", sys.argv[1]]).returncode)\n',
    );
    for (const starter of [`${process.execPath} ${node}`, `python3 ${python}`]) {
      expect(await shell.run(`${starter} '${RESOLVE}'`)).toEqual({ code: 0, output: `${VALUE}\n` });
    }
    expect(await shell.run(`${process.execPath} ${node} '${NO_PATH} ${RESOLVE}'`)).toMatchObject({ code: 0 });
    const without = await shell.run(`python3 ${python} '${NO_PATH} ${RESOLVE}'`);
    expect(without).toEqual({ code: 9, output: expect.stringContaining('descriptor 20 is not open here') });
  });

  test('make -j8 with eight children', async () => {
    await script(
      'Makefile',
      `all: 1 2 3 4 5 6 7 8\n1 2 3 4 5 6 7 8:\n\t@${RESOLVE} > $@.out\n.PHONY: all 1 2 3 4 5 6 7 8\n`,
    );
    const check = `cat ${home}/?.out | sort | uniq -c; rm ${home}/?.out`;
    for (const by of ['', NO_PATH]) {
      expect((await shell.run(`${by} make --silent -C ${home} -j8`)).code).toBe(0);
      expect((await shell.run(check)).output.trim()).toBe(`8 ${VALUE}`);
    }
  }, 120_000);
});

/** A door as `door list` shows it. */
interface Listed {
  readonly door: string;
  readonly grants: readonly string[];
}

async function doorWith(grant: string): Promise<Listed | undefined> {
  const { stdout } = await scene.sandbox.run(['door', 'list', '--json']);
  return (JSON.parse(stdout) as { doors: Listed[] }).doors.find(({ grants }) => grants.includes(grant));
}

describe('within another grant', () => {
  /** By which its door is found. */
  const GRANT_OF_OUTER = 'secret://outer/grant';
  const nested = (grant: string, command: string) =>
    exec(
      '--grant',
      'secret://team/*',
      '--',
      ...program('sigilforge'),
      'exec',
      '--grant',
      grant,
      '--',
      'bash',
      '-c',
      command,
    );

  test('a program gets only the descriptor, and only what is in both', async () => {
    const command = `printf '<%s>' "$SIGILFORGE_SOCKET"; ${RESOLVE}; ${CLI} resolve secret://team/other`;
    const { code, stdout, stderr } = await nested('secret://*/key', command);
    expect({ code, stdout }).toEqual({ code: 7, stdout: `<>${VALUE}\n` });
    expect(stderr).toContain(DENIED);
  });

  test.each([
    ['is closed', [], (outer: Listed) => closeDoor(outer.door)],
    ['ends by its time', ['--grant-for', '10s'], () => Promise.resolve()],
  ])('it hears at once that the other one %s', async (_how, options, end) => {
    const inner = [...program('sigilforge'), 'exec', '--grant', 'secret://*/key', '--', 'bash'];
    const shell = grantedShell(['--grant', 'secret://team/*', '--grant', GRANT_OF_OUTER, ...options], inner);
    expect(await shell.run(RESOLVE)).toEqual({ code: 0, output: `${VALUE}\n` });
    const outer = await doorWith(GRANT_OF_OUTER);
    await end(outer ?? expect.fail());
    await expect.poll(() => doorWith(GRANT_OF_OUTER), { timeout: 30_000 }).toBeUndefined();
    expect(await shell.run(RESOLVE)).toEqual({ code: 7, output: expect.stringContaining(WITHDRAWN) });
    await shell.end();
  });

  test('it does not begin where that is nothing', async () => {
    expect(await nested('secret://elsewhere/key', 'echo begun')).toMatchObject({ code: 7, stdout: '' });
  });
});

describe.each([
  ['with Unix sockets', ['bash'], NO_PATH],
  ['where the system forbids Unix sockets', FILTERED, ''],
])('over the descriptor, %s', (_where, command, by) => {
  test('a program gets a token again after it was refreshed, and after a restart of the daemon', async () => {
    const shell = grantedShell(['--grant', `auth://${SERVICE}/*/token`], command);
    const first = await shell.run(`${by} ${GET_TOKEN}`);
    expect(first).toMatchObject({ code: 0 });
    await scene.api.refreshToken({ service: SERVICE, account: ACCOUNT });
    const second = await shell.run(`${by} ${GET_TOKEN}`);
    expect(second).toMatchObject({ code: 0 });
    expect(second.output).not.toBe(first.output);
    await restartDaemon();
    stored.expire(home);
    const third = await shell.run(`${by} ${GET_TOKEN}`);
    expect(third).toMatchObject({ code: 0 });
    expect(third.output).not.toBe(second.output);
    await crashOrEnd('SIGKILL');
    await scene.start();
    expect(await shell.run(`${by} ${GET_TOKEN}`)).toEqual(third);
    await shell.end();
  });

  test('a request waits for a daemon that is away for a moment', async () => {
    const shell = grantedShell(['--grant', 'secret://team/key'], command);
    await shell.run('true');
    await crashOrEnd('SIGTERM');
    const asked = shell.run(`${by} ${RESOLVE}`);
    await scene.start();
    expect(await asked).toEqual({ code: 0, output: `${VALUE}\n` });
    await shell.end();
  });

  test('what is withdrawn is denied, for good', async () => {
    const shell = grantedShell(['--grant', 'secret://team/key'], command);
    expect(await shell.run(`${by} ${RESOLVE}`)).toMatchObject({ code: 0 });
    const { output } = await shell.run('echo "$SIGILFORGE_SOCKET"');
    expect(await closeDoor(path.basename(output.trim()))).toMatchObject({ code: 0 });
    const refused = { code: 7, output: expect.stringContaining(WITHDRAWN) };
    expect(await shell.run(`${by} ${RESOLVE}`)).toEqual(refused);
    await restartDaemon();
    expect(await shell.run(`${by} ${RESOLVE}`)).toEqual(refused);
    await shell.end();
  });
});

describe('a door that was closed is not opened again', () => {
  const closed = (socket: string) => closeDoor(path.basename(socket));

  /** Another program's door is there again by the same means, so this one would be too. */
  async function restarted(): Promise<void> {
    const witness = grantedShell(['--grant', 'secret://team/key']);
    const socket = await socketOf(witness);
    await restartDaemon();
    await expect.poll(() => existsSync(socket)).toBe(true);
    expect(await witness.run(RESOLVE)).toMatchObject({ code: 0 });
    await witness.end();
  }

  async function expectClosed(shell: GrantedShell, socket: string): Promise<void> {
    expect(await shell.run(`${NO_PATH} ${RESOLVE}`)).toMatchObject({ code: 7 });
    expect(await shell.run(RESOLVE)).toEqual({
      code: 9,
      output: expect.stringContaining(`${socket} is closed`),
    });
    expect((await scene.sandbox.run(['door', 'list', '--json'])).stdout).not.toContain(path.basename(socket));
  }

  test('by a daemon that was restarted', async () => {
    const shell = grantedShell(['--grant', 'secret://team/key']);
    const socket = await socketOf(shell);
    expect(await closed(socket)).toMatchObject({ code: 0 });
    await restarted();
    await expectClosed(shell, socket);
    await shell.end();
  });

  test('by a process that was stopped meanwhile, and sees the end of both at once', async () => {
    const shell = grantedShell(['--grant', 'secret://team/key']);
    const socket = await socketOf(shell);
    process.kill(shell.pid, 'SIGSTOP');
    expect(await closed(socket)).toMatchObject({ code: 0 });
    await restarted();
    process.kill(shell.pid, 'SIGCONT');
    await expectClosed(shell, socket);
    await shell.end();
  });

  test('but one that was open when the daemon ended is', async () => {
    const shell = grantedShell(['--grant', 'secret://team/key']);
    const socket = await socketOf(shell);
    process.kill(shell.pid, 'SIGSTOP');
    await restarted();
    process.kill(shell.pid, 'SIGCONT');
    await expect.poll(() => existsSync(socket)).toBe(true);
    expect(await shell.run(RESOLVE)).toEqual({ code: 0, output: `${VALUE}\n` });
    await shell.end();
  });
});

test('--grant-for ends both ways', async () => {
  const shell = grantedShell(['--grant', 'secret://team/key', '--grant-for', '1s']);
  const until = `while [ -S "$SIGILFORGE_SOCKET" ]; do sleep 0.1; done`;
  await shell.run(until);
  const byPath = await shell.run(RESOLVE);
  expect(byPath).toEqual({
    code: 9,
    output: expect.stringContaining('What was granted to this program may have ended'),
  });
  expect(await shell.run(`${NO_PATH} ${RESOLVE}`)).toEqual({
    code: 7,
    output: expect.stringContaining(WITHDRAWN),
  });
  await shell.end();
});

test('--grant-for ends both ways also of a process that is stopped', async () => {
  const shell = grantedShell(['--grant', 'secret://team/key', '--grant-for', '2s']);
  const socket = await socketOf(shell);
  const through = await stopAfter(WireClient.connect(socket));
  expect(await through.call('get_secret', { key: 'team/key' })).toHaveProperty('result.value', VALUE);
  process.kill(shell.pid, 'SIGSTOP');
  expect(await through.answer()).toHaveProperty('method', 'door_closed');
  expect(await through.line()).toBeUndefined();
  expect(existsSync(socket)).toBe(false);
  process.kill(shell.pid, 'SIGCONT');
  const refused = await shell.run(`${NO_PATH} ${RESOLVE}`);
  expect(refused).toEqual({ code: 7, output: expect.stringContaining(WITHDRAWN) });
  await shell.end();
});

test('a door is there again after a restart, at the same path, and a program that asks meanwhile waits for it', async () => {
  const shell = grantedShell(['--grant', 'secret://team/key']);
  const before = await shell.run('echo "$SIGILFORGE_SOCKET"; test -S "$SIGILFORGE_SOCKET"');
  expect(before.code).toBe(0);
  await restartDaemon();
  expect(await shell.run(RESOLVE)).toEqual({ code: 0, output: `${VALUE}\n` });
  await shell.end();
  expect(existsSync(before.output.trim())).toBe(false);
});

test('a program that writes lines without sense, and reads no answers, is read no further', async () => {
  const shell = grantedShell(['--grant', 'secret://team/key']);
  const file = await script(
    'flood.py',
    `import socket
stream = socket.socket(fileno=20)
stream.settimeout(3)
sent = 0
try:
    while sent < 16 << 20:
        sent += stream.send((b"x" * 63 + b"\\n") * 1024)
    print("all of it was read")
except TimeoutError:
    print("it is not read")
try:
    while stream.recv(1 << 20):
        pass
except TimeoutError:
    pass
stream.detach()
`,
  );
  expect(await shell.run(`python3 ${file}`)).toEqual({ code: 0, output: 'it is not read\n' });
  expect(await shell.run(`${NO_PATH} ${RESOLVE}`)).toEqual({ code: 0, output: `${VALUE}\n` });
  await shell.end();
});

test('beside other values, at a number that is free, and with the exit code of the program', async () => {
  const seen = `cat <&20; cat "$KEY"; echo; echo "$A \${SIGILFORGE_FD%%:*}"; ${NO_PATH} ${RESOLVE}; exit 33`;
  const { code, stdout } = await exec(
    ...['--grant', 'secret://team/key', '--env', 'A=secret://team/key', '--file', 'KEY=secret://team/other'],
    ...['--fd', '20=secret://team/other', '--no-mask', '--', 'bash', '-c', seen],
  );
  expect({ code, stdout }).toEqual({ code: 33, stdout: `other-valueother-value\n${VALUE} 22\n${VALUE}\n` });
});

test('nothing is left of it, even if it is killed', async () => {
  const shell = grantedShell(['--grant', 'secret://team/key']);
  const { output } = await shell.run('echo "$SIGILFORGE_SOCKET"');
  process.kill(shell.pid, 'SIGKILL');
  const doors = async () => (await scene.sandbox.run(['door', 'list', '--json'])).stdout;
  await expect.poll(doors).not.toContain(path.basename(output.trim()));
  expect(existsSync(output.trim())).toBe(false);
  await expect(readdir(path.join(home, 'run', 'sigilforge-exec'))).resolves.toEqual([]);
});

test.each([
  [['--grant', 'not-a-reference'], '--grant takes a reference that can be granted.'],
  [['--grant-for', '1h'], '--grant-for needs a grant.'],
  [['--grant', TOKEN, '--grant-for', 'soon'], '--grant-for takes a time such as 90s, 15m, 1h or 2d.'],
  [['--grant', TOKEN, '--grant-for', '25d'], '--grant-for takes at most 24 days.'],
  [['--grant', TOKEN, '--direct'], '--grant is for the daemon, so it cannot be combined with --direct.'],
])('%s is refused, and no program begins', async (options, sentence) => {
  const refused = await exec(...options, '--', 'echo', 'begun');
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain(sentence);
});

test('without a daemon no program begins, and a request has an answer while there is none', async () => {
  const shell = grantedShell(['--grant', 'secret://team/key']);
  await shell.run('true');
  await crash(scene.daemon);
  const refused = await exec('--grant', TOKEN, '--', 'echo', 'begun');
  expect(refused).toMatchObject({ code: 9, stdout: '' });
  expect(refused.stderr).toContain('sigilforge daemon start');
  expect(await shell.run(`${NO_PATH} ${RESOLVE}`)).toEqual({
    code: 9,
    output: expect.stringContaining('The daemon is away, and has not come back in time.'),
  });
  await scene.start();
  expect(await shell.run(`${NO_PATH} ${RESOLVE}`)).toMatchObject({ code: 0 });
  await shell.end();
});
