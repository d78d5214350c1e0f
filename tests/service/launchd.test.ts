import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isRunning } from '../support/start/processes.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { filesOf } from './installed-scene.js';

// No macOS is at hand: the command line takes this for one, and launchctl is a script that does as launchctl(1) says.

const LONG = { timeout: 120_000 };

/** It starts what the agent's file names, in the environment of that file only. */
const LAUNCHCTL = `#!/usr/bin/python3
import os, plistlib, subprocess, sys
home = os.environ['FAKE_LAUNCHD']
loaded, calls = home + '/loaded', home + '/calls'
with open(calls, 'a') as file: file.write(' '.join(sys.argv[1:]) + '\\n')
verb, *rest = sys.argv[1:]
if verb == 'print' and rest[0].endswith('/org.sigilforge.daemon'):
    if not os.path.exists(loaded): sys.exit(113)
    with open(loaded + '.pid', 'a+') as file:
        file.seek(0)
        pid = file.read()
    # What has ended stays a zombie here until it is reaped.
    try: runs = open('/proc/' + pid + '/stat').read().rsplit(')', 1)[1].split()[0] != 'Z' if pid else False
    except FileNotFoundError: runs = False
    print('state = ' + ('running\\n\tpid = ' + pid if runs else 'not running'))
elif verb == 'bootstrap':
    if os.path.exists(loaded): sys.exit('Bootstrap failed: 5: Input/output error')
    with open(rest[1], 'rb') as file: agent = plistlib.load(file)
    with open(loaded, 'wb') as file: plistlib.dump(agent, file)
elif verb == 'bootout':
    os.remove(loaded)
elif verb == 'kickstart':
    with open(loaded, 'rb') as file: agent = plistlib.load(file)
    with open(agent['StandardErrorPath'], 'a') as log:
        child = subprocess.Popen(agent['ProgramArguments'], env={**agent['EnvironmentVariables'], 'XPC_SERVICE_NAME': agent['Label']},
            stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, cwd='/')
    child.stdout.readline()
    with open(loaded + '.pid', 'w') as file: file.write(str(child.pid))
`;

interface Scene {
  readonly sandbox: Sandbox;
  readonly agent: string;
  json(line: string): Promise<Record<string, unknown>>;
  text(line: string): Promise<string>;
  calls(): string[];
}

async function asMac(): Promise<Scene> {
  const sandbox = await stopAfter(createSandbox());
  const bin = path.join(sandbox.home, 'state', 'bin');
  mkdirSync(bin, { recursive: true, mode: 0o700 });
  mkdirSync(path.join(sandbox.home, 'Library', 'Preferences'), { recursive: true });
  writeFileSync(path.join(bin, 'launchctl'), LAUNCHCTL);
  chmodSync(path.join(bin, 'launchctl'), 0o700);
  const mac = path.join(bin, 'mac.cjs');
  writeFileSync(mac, "Object.defineProperty(process, 'platform', { value: 'darwin' });\n");
  const env = {
    PATH: `${bin}:${process.env['PATH']}`,
    NODE_OPTIONS: `--require ${mac}`,
    FAKE_LAUNCHD: bin,
  };
  const run = (line: string) => sandbox.run(['daemon', ...line.split(' ')], { env });
  return {
    sandbox,
    agent: path.join(sandbox.home, 'Library', 'LaunchAgents', 'org.sigilforge.daemon.plist'),
    async json(line) {
      const { stdout, stderr } = await run(`${line} --json`);
      if (stdout === '') throw new Error(stderr);
      const result = JSON.parse(stdout) as Record<string, unknown>;
      if (typeof result['pid'] === 'number') sandbox.track(result['pid']);
      return result;
    },
    text: async (line) => (await run(line)).stderr,
    calls: () => readFileSync(path.join(bin, 'calls'), 'utf8').trim().split('\n'),
  };
}

test('an agent from its first day to its last', LONG, async () => {
  const { sandbox, agent, json, text, calls } = await asMac();
  const before = filesOf(sandbox.home);
  const installed = await json('install');
  expect(installed).toMatchObject({
    manager: 'launchd',
    files: [agent],
    written: [agent],
    socket: sandbox.socket,
  });
  const domain = `gui/${process.getuid?.()}`;
  const target = `${domain}/org.sigilforge.daemon`;
  expect(calls()).toEqual(
    expect.arrayContaining([`enable ${target}`, `bootstrap ${domain} ${agent}`, `kickstart ${target}`]),
  );
  expect(await json('status')).toMatchObject({ pid: installed['pid'] });
  expect(await json('start')).toMatchObject({ pid: installed['pid'], already_running: true });

  const restarted = await json('restart');
  expect(restarted['pid']).not.toBe(installed['pid']);
  expect(await isRunning(Number(installed['pid']))).toBe(false);
  expect(await json('stop')).toEqual({ stopped: true });
  expect(await isRunning(Number(restarted['pid']))).toBe(false);
  expect(await json('start')).toMatchObject({ already_running: false });

  expect(await text('uninstall')).toContain(`Removed: ${agent}`);
  expect(calls()).toContain(`bootout ${target}`);
  expect(existsSync(agent)).toBe(false);
  expect(filesOf(sandbox.home)).toEqual(before);
});

test('an agent that is installed again with something else is loaded again', LONG, async () => {
  const { agent, json, calls } = await asMac();
  const { pid } = await json('install');
  expect(await json('install')).toMatchObject({ pid, written: [] });
  writeFileSync(agent, readFileSync(agent, 'utf8').replace('75', '80'));
  expect(await json('uninstall')).toMatchObject({ removed: [], left: [agent] });
  expect(calls().filter((call) => call.startsWith('bootout'))).toHaveLength(1);
  expect(existsSync(agent)).toBe(true);
});
