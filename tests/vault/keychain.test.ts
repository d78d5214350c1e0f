import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { inspect, promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Keychain } from '../../daemon/core/keychain/keychain.js';
import { OsKeychain, type OsKeychainOptions } from '../../daemon/core/keychain/os.js';
import { builtFile } from '../../shared/built-file.js';
import {
  type SecretService,
  secretServiceInstalled,
  startSecretService,
  startSessionWithoutBus,
  startSessionWithoutKeychain,
} from '../support/keychain/secret-service.js';

const run = promisify(execFile);

function openKeychain(env: NodeJS.ProcessEnv, options: OsKeychainOptions = {}): Keychain {
  const keychain = new OsKeychain({ env, ...options });
  onTestFinished(() => keychain.close());
  return keychain;
}

/** Every kind of call, each on an item that is there. */
function everyCall(keychain: Keychain): ReadonlyArray<readonly [string, () => Promise<unknown>]> {
  return [
    ['probe', () => keychain.probe()],
    ['get', () => keychain.get('kept')],
    ['set', () => keychain.set('new', 'a value')],
    ['delete', () => keychain.delete('kept')],
  ];
}

async function expectEveryCallToThrow(keychain: Keychain, kind: string): Promise<void> {
  for (const [name, call] of everyCall(keychain)) {
    await expect(call(), name).rejects.toMatchObject({ name: 'SigilforgeError', kind });
  }
}

// Skipped where the programs of a real Secret Service are missing: packages gnome-keyring, dbus and libsecret-tools.
describe.skipIf(!secretServiceInstalled())('the keychain of the system', () => {
  let service: SecretService;
  const children: ChildProcess[] = [];
  const watch = (message: unknown): void => {
    const { process: child } = message as { process: ChildProcess };
    child.once('spawn', () => {
      if (child.spawnargs.includes(builtFile('keychain.cjs'))) children.push(child);
    });
  };

  function lastChild(): ChildProcess {
    const child = children.at(-1);
    if (child === undefined) throw new Error('No child was started.');
    return child;
  }

  beforeAll(async () => {
    subscribe('child_process', watch);
    service = await startSecretService();
  });
  beforeEach(() => {
    children.length = 0;
  });
  afterEach(() => service.resume());
  afterAll(async () => {
    unsubscribe('child_process', watch);
    await service.stop();
  });

  test('keeps, gives back and deletes what it is given', async () => {
    const keychain = openKeychain(service.env);
    await keychain.probe();
    await keychain.set('vault/key/1', 'a value');
    expect(await keychain.get('vault/key/1')).toBe('a value');
    expect(await keychain.delete('vault/key/1')).toBe(true);
    expect(await keychain.get('vault/key/1')).toBeUndefined();
    expect(await keychain.delete('vault/key/1')).toBe(false);
  });

  test('its items are seen by other programs under the service sigilforge, and a probe leaves none', async () => {
    const keychain = openKeychain(service.env);
    await keychain.probe();
    await keychain.set('seen', 'by secret-tool');
    const listed = await run('secret-tool', ['search', '--all', 'service', 'sigilforge'], {
      env: service.env,
    });
    expect(listed.stdout).toContain('secret = by secret-tool');
    expect(listed.stderr).toContain('attribute.username = seen');
    expect(listed.stderr).not.toContain('probe/');
    await keychain.delete('seen');
  });

  test.each([
    ['3,000 bytes', 'x'.repeat(3000)],
    ['line ends of every kind', 'a\nb\r\nc\u2028d\u2029e'],
    ['characters of four bytes', '🔑'.repeat(100)],
  ])('keeps %s as they are', async (name, value) => {
    const keychain = openKeychain(service.env);
    await keychain.set(name, value);
    expect(await keychain.get(name)).toBe(value);
    await keychain.delete(name);
  });

  test('serves many callers in turn by one child', async () => {
    const keychain = openKeychain(service.env);
    const users = ['one', 'two', 'three', 'four', 'five'];
    await Promise.all(users.map((user) => keychain.set(user, `value of ${user}`)));
    const values = await Promise.all(users.map((user) => keychain.get(user)));
    expect(values).toEqual(users.map((user) => `value of ${user}`));
    await Promise.all(users.map((user) => keychain.delete(user)));
    expect(children).toHaveLength(1);
  });

  describe('that cannot be used', () => {
    test('no bus: keychain_unavailable', async () => {
      const session = startSessionWithoutBus();
      onTestFinished(() => session.stop());
      await expectEveryCallToThrow(openKeychain(session.env), 'keychain_unavailable');
    });

    test('a bus without a keychain: keychain_unavailable', async () => {
      const session = await startSessionWithoutKeychain();
      onTestFinished(() => session.stop());
      await expectEveryCallToThrow(openKeychain(session.env), 'keychain_unavailable');
    });

    test('a bus that refuses: denied', async () => {
      const refusing = await startSecretService('<deny send_destination="org.freedesktop.secrets"/>');
      onTestFinished(() => refusing.stop());
      await expectEveryCallToThrow(openKeychain(refusing.env), 'denied');
    });

    test('locked: vault_locked, and nothing is lost', async () => {
      const keychain = openKeychain(service.env);
      await keychain.set('kept', 'a value');
      await service.lock();
      await expectEveryCallToThrow(keychain, 'vault_locked');
      expect(await keychain.get('never written')).toBeUndefined();
      await service.unlock();
      expect(await keychain.get('kept')).toBe('a value');
      await keychain.delete('kept');
    });

    test('hung: timeout, while the host goes on and the next call works', async () => {
      const keychain = openKeychain(service.env, { timeoutMs: 1_500 });
      await keychain.set('kept', 'a value');
      service.hang();
      let settled = false;
      const call = keychain.get('kept').finally(() => {
        settled = true;
      });
      await setImmediate();
      expect(settled).toBe(false);
      await expect(call).rejects.toMatchObject({ kind: 'timeout' });
      service.resume();
      expect(await keychain.get('kept')).toBe('a value');
      await keychain.delete('kept');
      expect(children).toHaveLength(2);
    });

    test('hung for longer than the library waits: timeout as well', async () => {
      const keychain = openKeychain(service.env);
      service.hang();
      await expect(keychain.get('kept')).rejects.toMatchObject({ kind: 'timeout' });
      expect(children).toHaveLength(1);
    });

    test('gone between two calls: keychain_unavailable, and back again by itself', async () => {
      const keychain = openKeychain(service.env);
      await keychain.set('kept', 'a value');
      await service.vanish();
      await expectEveryCallToThrow(keychain, 'keychain_unavailable');
      await service.appear('locked');
      await expectEveryCallToThrow(keychain, 'vault_locked');
      await service.vanish();
      await service.appear('unlocked');
      expect(await keychain.get('kept')).toBe('a value');
      await keychain.delete('kept');
      expect(children).toHaveLength(1);
    });
  });

  describe('its child', () => {
    test('is started again after it was killed', async () => {
      const keychain = openKeychain(service.env);
      await keychain.probe();
      const first = lastChild();
      first.kill('SIGKILL');
      await once(first, 'exit');
      await keychain.probe();
      expect(lastChild().pid).not.toBe(first.pid);
    });

    test('killed during a call: store_unavailable', async () => {
      const keychain = openKeychain(service.env);
      await keychain.probe();
      service.hang();
      const call = keychain.get('kept');
      await setImmediate();
      lastChild().kill('SIGKILL');
      await expect(call).rejects.toMatchObject({ kind: 'store_unavailable' });
    });

    test('is gone after close, which cancels what is under way', async () => {
      const keychain = openKeychain(service.env);
      await keychain.probe();
      const { pid = 0 } = lastChild();
      service.hang();
      const calls = [keychain.get('kept'), keychain.get('waiting')];
      const outcomes = Promise.allSettled(calls);
      await setImmediate();
      await keychain.close();
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      for (const outcome of await outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'cancelled' } });
      }
      await expect(keychain.probe()).rejects.toMatchObject({ kind: 'cancelled' });
      expect(children).toHaveLength(1);
    });

    test('is ended when there are no more calls', async () => {
      const keychain = openKeychain(service.env, { idleMs: 0 });
      await keychain.get('anything');
      const first = lastChild();
      if (first.signalCode === null) await once(first, 'exit');
      expect(first.signalCode).toBe('SIGKILL');
      await keychain.probe();
      expect(lastChild().pid).not.toBe(first.pid);
    });

    test('has no value in its arguments, and nothing in its environment that it does not need', async () => {
      const keychain = openKeychain({
        ...service.env,
        GITHUB_TOKEN: 'canary',
        NODE_OPTIONS: '--no-warnings',
      });
      await keychain.set('canary', 'canary');
      const { pid } = lastChild();
      const shown =
        readFileSync(`/proc/${pid}/environ`, 'utf8') + readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      await keychain.delete('canary');
      expect(shown).toContain(`HOME=${service.env['HOME']}`);
      expect(shown).not.toContain('canary');
      expect(shown).not.toContain('NODE_OPTIONS');
    });

    test('neither keeps its host alive nor lets it end before the answer', async ({ signal }) => {
      const script = `const { OsKeychain } = require('./daemon/core/keychain/os.ts');
        const keychain = new OsKeychain({ idleMs: 600_000 });
        keychain.probe().then(() => console.log('answered'));`;
      const args = ['--require', 'tsx/cjs', '--eval', script];
      const { stdout } = await run(process.execPath, args, { env: service.env, signal });
      expect(stdout).toBe('answered\n');
    });

    test('ignores the signals of the terminal and ends with its host', async () => {
      const keychain = openKeychain(service.env);
      await keychain.probe();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) lastChild().kill(signal);
      await keychain.probe();
      expect(children).toHaveLength(1);
      lastChild().stdin?.end();
      await once(lastChild(), 'exit');
    });

    test('says nothing of a line that it cannot read', async () => {
      const child = spawn(process.execPath, [builtFile('keychain.cjs')], { env: service.env });
      let printed = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (printed += part));
      child.stdin.write('{"id":1,"op":"set","value":"canary\n');
      await once(child, 'close');
      expect(printed).toBe('');
    });
  });
});

describe('a keychain library that misbehaves', () => {
  /** The real child with another library. `body` is that of the library's class. */
  function openKeychainOver(body: string): Keychain {
    const folder = mkdtempSync(join(tmpdir(), 'keychain-'));
    const library = join(folder, 'node_modules', '@napi-rs', 'keyring');
    mkdirSync(library, { recursive: true });
    writeFileSync(join(library, 'index.js'), `exports.AsyncEntry = class { ${body} };`);
    copyFileSync(builtFile('keychain.cjs'), join(folder, 'keychain.cjs'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return openKeychain(process.env, { childPath: join(folder, 'keychain.cjs') });
  }

  test('another value than was written: integrity', async () => {
    const keychain = openKeychainOver(`async setPassword() {} async getPassword() { return 'another'; }
      async deletePassword() { return true; }`);
    await expect(keychain.set('user', 'value')).rejects.toMatchObject({ kind: 'integrity' });
    await expect(keychain.probe()).rejects.toMatchObject({ kind: 'integrity' });
  });

  test('nothing there any more to delete after a probe: integrity', async () => {
    const keychain = openKeychainOver(`async setPassword(value) { this.value = value; }
      async getPassword() { return this.value; } async deletePassword() { return false; }`);
    await expect(keychain.probe()).rejects.toMatchObject({ kind: 'integrity' });
  });

  test('an error that quotes the value: nothing of it comes out', async () => {
    const keychain = openKeychainOver(`async setPassword(value) { throw new Error('Too long: ' + value); }`);
    const failure = await keychain.set('user', 'canary').catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ kind: 'store_unavailable' });
    expect(inspect(failure, { depth: Infinity })).not.toContain('canary');
  });
});
