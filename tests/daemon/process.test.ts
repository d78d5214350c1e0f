import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, SERVICE, signInExpired, work } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import { holdAnswer } from '../support/provider/faults.js';
import { createSandbox, isRoot, OTHER_USER, type Sandbox } from '../support/start/sandbox.js';
import { startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';

// What the daemon's process shows of itself, and how it ends after an error that no code has caught.

const isLinux = process.platform === 'linux';

/** A daemon that was started by `daemon start` with these variables besides the usual ones. */
async function started(sandbox: Sandbox, env: NodeJS.ProcessEnv = {}): Promise<number> {
  const { stdout } = await sandbox.run(['daemon', 'start', '--json'], { env });
  return sandbox.track((JSON.parse(stdout) as { pid: number }).pid);
}

describe.runIf(isLinux)('the daemon', () => {
  test('shows its memory, its descriptors and its environment to no other process of its user', async () => {
    const sandbox = await stopAfter(createSandbox(isRoot ? { user: OTHER_USER } : {}));
    const pid = await started(sandbox);
    const other = sandbox.spawn(['sleep', '600']);
    const readable = async (of: number) => {
      const files = ['mem', 'maps', 'environ', 'auxv', 'stat'].map((name) => `/proc/${of}/${name}`);
      const text = `for f in ${files.join(' ')} /proc/${of}/fd/0; do (: <"$f") 2>/dev/null && echo "\${f##*/}"; done; true`;
      return (await sandbox.spawn(['sh', '-c', text], { input: '' }).exited).stdout.split('\n');
    };
    expect(await readable(other.pid)).toEqual(expect.arrayContaining(['mem', 'maps', 'environ', 'stat']));
    expect(await readable(pid)).toEqual(['stat', '']);
  });

  test('leaves no core file, nor do the programs that it starts', async () => {
    const sandbox = await stopAfter(createSandbox());
    const pid = await started(sandbox);
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m);
    expect(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8')).toMatch(/^0+\n$/);
  });

  test('has no secret in its environment or its arguments', async () => {
    const sandbox = await stopAfter(createSandbox());
    const canary = 'canary-7f3a';
    const pid = await started(sandbox, { AWS_SECRET_ACCESS_KEY: canary, SIGILFORGE_SECRET_A: canary });
    await sandbox.run(['secret', 'set', 'a'], { input: canary });
    await sandbox.run(['add-account', SERVICE, ACCOUNT, '--api-key'], { input: canary });
    for (const file of ['environ', 'cmdline']) {
      expect(readFileSync(`/proc/${pid}/${file}`, 'latin1')).not.toContain(canary);
    }
    expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).toContain('SIGILFORGE_HOME=');
  });

  test.runIf(isRoot)('of a user other than root is found, listens again, runs hooks and logs', async () => {
    const sandbox = await stopAfter(createSandbox({ user: OTHER_USER }));
    const at = (name: string) => join(sandbox.home, name);
    await mkdir(at('config'));
    await writeFile(at('config/config.toml'), `[hooks]\naccount_added = ["touch", "${at('hooked')}"]\n`);
    await chown(at('config'), OTHER_USER, OTHER_USER);
    const { pid, exited } = await sandbox.startDaemon();
    const key = ['add-account', SERVICE, ACCOUNT, '--api-key', '--no-fallback'];
    expect(await sandbox.run(key, { input: 'a key' })).toMatchObject({ code: 0 });
    await expect.poll(() => existsSync(at('hooked'))).toBe(true);
    await rm(sandbox.socket);
    const token = ['get-token', SERVICE, ACCOUNT, '--no-fallback'];
    await expect.poll(() => sandbox.run(token), { timeout: 20_000 }).toMatchObject({ stdout: 'a key\n' });
    // Which process runs is told by its lock, because its descriptors are hidden.
    const env = { SIGILFORGE_SOCKET: at('other.sock') };
    const second = await sandbox.run(['daemon', 'start'], { env });
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`(process ${pid})`) });
    expect(await sandbox.run(['daemon', 'stop'])).toMatchObject({ code: 0 });
    expect(await exited).toMatchObject({ code: 0, stderr: expect.stringContaining('"daemon.stopped"') });
  });
});

describe('an error that no code has caught', () => {
  /** A module that throws it, or has a promise fail, when the daemon has journaled a refresh. */
  async function thrower(folder: string, statement: string): Promise<NodeJS.ProcessEnv> {
    const file = join(folder, 'thrower.cjs');
    await writeFile(
      file,
      `require('node:diagnostics_channel').subscribe('sigilforge:trace', ({ point }) => {
         if (point === 'refresh.journaled') setImmediate(() => { ${statement} });
       });`,
    );
    return { NODE_OPTIONS: `--require=${file}` };
  }

  test.each([
    ['thrown', "throw new RangeError('canary')", 'RangeError'],
    ['of a promise', "Promise.reject(new RangeError('canary'))", 'RangeError'],
    ['of a promise that is no error', "Promise.reject('canary')", 'UnhandledPromiseRejection'],
  ])(
    '%s ends the daemon after the exchange that is under way, and is logged without its message',
    async (_, statement, name) => {
      const { home } = await stopAfter(createSandbox());
      const scene = await stopAfter(startScene({ env: await thrower(home, statement) }));
      await signInExpired(scene);
      const answer = gate();
      scene.proxy.plan(holdAnswer(answer.opened), { grantType: 'refresh_token' });
      const asking = scene.api.getToken(work);
      await expect.poll(() => scene.log).toContain('daemon.stopping');
      expect(scene.daemon.child.exitCode).toBeNull();
      answer.open();
      const { access_token } = await asking;
      expect(await scene.daemon.exited).toMatchObject({ code: 1, signal: null });
      const fault = scene.log.split('\n').find((line) => line.includes('daemon.fault'));
      expect(JSON.parse(fault ?? '')).toMatchObject({ level: 50, event: 'daemon.fault', error: name });
      expect(scene.log).not.toContain('canary');
      await scene.start();
      expect(await scene.api.getToken(work)).toMatchObject({ access_token });
      expect(scene.exchanges).toBe(1);
    },
  );
});
