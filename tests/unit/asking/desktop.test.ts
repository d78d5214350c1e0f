import { expect, test } from 'vitest';
import { hasDesktop } from '../../../shared/browser-place.js';
import { daemonEnvironment } from '../../../shared/daemon-environment.js';

const ssh = { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' };

test.each([
  ['linux', {}, false],
  ['linux', { DISPLAY: ':0' }, true],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, true],
  ['linux', { DISPLAY: '' }, false],
  ['linux', ssh, false],
  ['linux', { ...ssh, DISPLAY: 'localhost:10.0' }, true],
  ['darwin', {}, true],
  ['darwin', ssh, false],
  ['win32', {}, true],
  ['win32', { SSH_TTY: '/dev/pts/0' }, false],
] as const)('on %s with %o there is a desktop: %s', (platform, env, expected) => {
  expect(hasDesktop(env, platform)).toBe(expected);
  // A daemon that a client started knows as much.
  expect(hasDesktop(daemonEnvironment(env), platform)).toBe(expected);
});
