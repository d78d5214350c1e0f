import { randomUUID } from 'node:crypto';
import { AsyncEntry } from '@napi-rs/keyring';
import { encodeLine, LineDecoder } from '../../../shared/framing.js';
import { keychainFault } from './faults.js';
import type { KeychainAnswer, KeychainRequest } from './protocol.js';

const CHANGED = { error: { situation: 'changed', message: 'Another value was read than written.' } } as const;

/**
 * The program that talks to the keychain: requests as JSON lines on standard input, answers on standard output.
 * It is a process of its own because a call into the library may hang, and only a process can then be ended.
 */
async function answer(line: string | null): Promise<void> {
  // A request holds a value, and `JSON.parse` quotes what it cannot read: nothing of it may be printed.
  const request = JSON.parse(line ?? '') as KeychainRequest;
  const result = await perform(request).catch((thrown: unknown) => ({ error: keychainFault(thrown) }));
  process.stdout.write(encodeLine({ id: request.id, ...result }));
}

async function perform({ op, user, value }: KeychainRequest): Promise<Omit<KeychainAnswer, 'id'>> {
  // An entry holds a connection and a session. A keychain that was restarted does not know them, so none outlives
  // its call; and GNOME Keyring 42 may crash when a connection is opened, so no call takes more than one.
  // Not pinned to the Secret Service, the library falls back in silence to the kernel's keyring, which a reboot empties.
  const entry = new AsyncEntry('sigilforge', user, { linux: { store: 'secret-service' } });
  switch (op) {
    case 'get':
      return { value: await entry.getPassword() };
    case 'set':
      return write(entry, value ?? '');
    case 'delete':
      return { deleted: await entry.deletePassword() };
    case 'probe': {
      const written = await write(entry, randomUUID());
      return (await entry.deletePassword()) ? written : CHANGED;
    }
  }
}

async function write(entry: AsyncEntry, value: string): Promise<Omit<KeychainAnswer, 'id'>> {
  await entry.setPassword(value);
  return (await entry.getPassword()) === value ? {} : CHANGED;
}

/** At once, whatever hangs: `process.exit` would wait for the thread inside the library. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}

const lines = new LineDecoder();
process.stdin.on('data', (chunk: Buffer) => {
  for (const line of lines.push(chunk)) answer(line).catch(end);
});
process.stdin.on('end', end);
process.stdout.on('error', end);

// A terminal sends its signals to every process of the group, and a call of the parent is not to be cut by them.
// SIGUSR1 would open the inspector.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {});
