import { expect, test } from 'vitest';
import { doorPath, isDoorPath } from '../../../shared/door-path.js';

const id = 'nzc4qk2v7emtxw3a';

test('the path of a door follows from its id, beside the socket of the daemon', () => {
  expect(doorPath(id, { socket: '/run/user/1000/sigilforge.sock', temp: '/tmp' })).toBe(
    `/run/user/1000/sigilforge.doors/${id}`,
  );
  expect(doorPath(id, { socket: '/x/own', temp: '/tmp' })).toBe(`/x/own.doors/${id}`);
});

test('where the platform cannot hold it, a door has a folder of its own in the temp folder', () => {
  const socket = `/${'x'.repeat(90)}/sigilforge.sock`;
  expect(doorPath(id, { socket, temp: '/tmp' })).toBe(`/tmp/sigilforge-door-${id}/s`);
});

test.each([
  [`/run/user/1000/sigilforge.doors/${id}`, true],
  [`/x/own.doors/${id}`, true],
  [`/tmp/sigilforge-door-${id}/s`, true],
  [`\\\\.\\pipe\\sigilforge-door-${id}`, true],
  ['/run/user/1000/sigilforge.sock', false],
  ['/run/user/1000/sigilforge.doors/sigilforge.sock', false],
  ['/tmp/sigilforge-door-x/s', false],
  ['\\\\.\\pipe\\sigilforge-0123456789abcdef0123456789abcdef', false],
  [id, false],
  ['', false],
])('%s is the path of a door: %s', (socket, expected) => {
  expect(isDoorPath(socket)).toBe(expected);
});
