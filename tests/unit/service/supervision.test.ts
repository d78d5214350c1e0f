import { expect, test } from 'vitest';
import { readSupervision, unsupervised } from '../../../daemon/service/supervision.js';

const self = { pid: 42, ppid: 7, platform: 'linux' } as const;

const read = (env: Record<string, string>, changed: Partial<Parameters<typeof readSupervision>[1]> = {}) =>
  readSupervision(env, { ...self, ...changed });

test('a process that no service manager speaks to was started by a command', () => {
  expect(read({})).toEqual(unsupervised);
});

test.each<[string, Record<string, string>, string]>([
  ['systemd names it', { SYSTEMD_EXEC_PID: '42', INVOCATION_ID: 'a' }, 'systemd'],
  ['it is in a terminal that systemd has started', { SYSTEMD_EXEC_PID: '41', INVOCATION_ID: 'a' }, 'command'],
  ['it has a socket of systemd', { LISTEN_PID: '42', LISTEN_FDS: '1' }, 'systemd'],
  ['the socket is for another', { LISTEN_PID: '41', LISTEN_FDS: '1' }, 'command'],
  ['an older systemd waits for it', { INVOCATION_ID: 'a', NOTIFY_SOCKET: '/run/n' }, 'systemd'],
  ['it is in a terminal that an older systemd has started', { INVOCATION_ID: 'a' }, 'command'],
  ['a name of launchd stands there on another system', { XPC_SERVICE_NAME: 'a' }, 'command'],
])('where %s', (_, env, startedBy) => {
  expect(read(env).startedBy).toBe(startedBy);
});

test('on macOS, launchd is the parent of what it has started', () => {
  const env = { XPC_SERVICE_NAME: 'com.example.sigilforge' };
  expect(read(env, { platform: 'darwin', ppid: 1 }).startedBy).toBe('launchd');
  expect(read(env, { platform: 'darwin' }).startedBy).toBe('command');
  expect(read({}, { platform: 'darwin', ppid: 1 }).startedBy).toBe('command');
});

test.each<[Record<string, string>, number]>([
  [{ LISTEN_PID: '42', LISTEN_FDS: '1' }, 1],
  [{ LISTEN_PID: '42', LISTEN_FDS: '3' }, 3],
  [{ LISTEN_PID: '41', LISTEN_FDS: '1' }, 0],
  [{ LISTEN_FDS: '1' }, 0],
  [{ LISTEN_PID: '42', LISTEN_FDS: 'one' }, 0],
  [{ LISTEN_PID: '42', LISTEN_FDS: '-1' }, 0],
])('of %o, %i sockets are its own', (env, sockets) => {
  expect(read(env).sockets).toBe(sockets);
});

test.each<[Record<string, string>, number | undefined]>([
  [{ WATCHDOG_USEC: '30000000' }, 30_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' }, 30_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '41' }, undefined],
  [{ WATCHDOG_USEC: '0' }, undefined],
  [{ WATCHDOG_USEC: 'soon' }, undefined],
])('of %o, the watchdog gives %s ms', (env, watchdogMs) => {
  expect(read(env).watchdogMs).toBe(watchdogMs);
});

test.each<[string, string | undefined]>([
  ['/run/notify', '/run/notify'],
  ['@abstract', '@abstract'],
  ['vsock:2:1234', undefined],
  ['relative', undefined],
  ['@', undefined],
  ['', undefined],
])('%j is where it is heard: %s', (given, notifySocket) => {
  expect(read({ NOTIFY_SOCKET: given }).notifySocket).toBe(notifySocket);
});
