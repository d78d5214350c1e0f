import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { keychainFault } from '../../../daemon/core/keychain/faults.js';
import { createMemoryKeychain } from '../../../daemon/core/keychain/memory.js';
import { OsKeychain } from '../../../daemon/core/keychain/os.js';

describe('keychainFault', () => {
  test.each([
    [
      'Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled at compile time',
      'unavailable',
    ],
    [
      'Platform failure: DBus error: Failed to connect to socket /run/user/1000/bus: Connection refused',
      'unavailable',
    ],
    [
      'Platform failure: DBus error: The name org.freedesktop.secrets was not provided by any .service files',
      'unavailable',
    ],
    [
      'Platform failure: DBus error: Object does not exist at path “/org/freedesktop/secrets/collection/login”',
      'unavailable',
    ],
    ["Couldn't access platform storage: Secret Service: unlock prompt was dismissed", 'locked'],
    ["Couldn't access platform storage: Secret Service: object locked", 'locked'],
    ['Platform failure: User interaction is not allowed.', 'locked'],
    [
      'Platform failure: DBus error: Message recipient disconnected from message bus without replying',
      'failed',
    ],
    ['Platform failure: DBus error: Did not receive a reply. Possible causes include: …', 'hung'],
    ['Platform failure: DBus error: Rejected send message, 2 matched rules; type="method_call"', 'denied'],
    ['Platform failure: User canceled the operation.', 'denied'],
    ["Attribute 'password' is longer than the platform limit of 2560 chars", 'too_long'],
  ])('%s', (message, situation) => {
    expect(keychainFault(new Error(message))).toEqual({ situation, message });
  });

  test.each([
    new Error("Attribute 'password' is longer than platform limit of 2560 chars: canary"),
    'canary',
    undefined,
  ])('leaves out a message that is not known: %s', (thrown) => {
    const fault = keychainFault(thrown);
    expect(fault.situation).toBe('failed');
    expect(fault.message).not.toContain('canary');
  });
});

describe('a child that answers wrongly', () => {
  function keychainWithChild(program: string) {
    const folder = mkdtempSync(join(tmpdir(), 'keychain-'));
    const childPath = join(folder, 'child.cjs');
    writeFileSync(childPath, program);
    const keychain = new OsKeychain({ childPath });
    onTestFinished(async () => {
      await keychain.close();
      rmSync(folder, { recursive: true });
    });
    return keychain;
  }

  test('with something that is not an answer: store_unavailable', async () => {
    const keychain = keychainWithChild(`process.stdin.on('data', () => console.log('a warning'));`);
    await expect(keychain.get('user')).rejects.toMatchObject({ kind: 'store_unavailable' });
  });

  test('with an error that is not known: store_unavailable, and not what stands for no keychain', async () => {
    const keychain = keychainWithChild(`process.stdin.on('data', (line) => {
      const error = { situation: 'failed', message: 'not known' };
      process.stdout.write(JSON.stringify({ id: JSON.parse(line).id, error }) + '\\n');
    });`);
    await expect(keychain.probe()).rejects.toMatchObject({
      kind: 'store_unavailable',
      hint: expect.stringContaining('vault.key'),
    });
  });

  test('by ending at once: store_unavailable', async () => {
    const keychain = keychainWithChild('');
    await expect(keychain.get('user')).rejects.toMatchObject({ kind: 'store_unavailable' });
    await expect(keychain.get('user')).rejects.toMatchObject({ kind: 'store_unavailable' });
  });
});

describe('createMemoryKeychain', () => {
  test('keeps, gives back and deletes', async () => {
    const keychain = createMemoryKeychain();
    await keychain.probe();
    expect(await keychain.get('user')).toBeUndefined();
    await keychain.set('user', 'value');
    expect(await keychain.get('user')).toBe('value');
    expect(await keychain.delete('user')).toBe(true);
    expect(await keychain.delete('user')).toBe(false);
  });

  test('fails as it is told, and works again', async () => {
    const keychain = createMemoryKeychain();
    keychain.fail('vault_locked');
    await expect(keychain.probe()).rejects.toMatchObject({ kind: 'vault_locked' });
    await expect(keychain.get('user')).rejects.toMatchObject({ kind: 'vault_locked' });
    await expect(keychain.set('user', 'value')).rejects.toMatchObject({ kind: 'vault_locked' });
    await expect(keychain.delete('user')).rejects.toMatchObject({ kind: 'vault_locked' });
    keychain.fail(undefined);
    expect(await keychain.get('user')).toBeUndefined();
  });
});
