import { expect, test } from 'vitest';
import { browserFor, type Machine } from '../../../daemon/doctor/checks/browser.js';

// Machines that a test cannot be run on. tests/doctor/browser.test.ts runs the whole program on this one.

function machine(over: Partial<Machine> = {}, ...files: string[]): Machine {
  return { platform: 'linux', release: '6.1.0', exists: (file) => files.includes(file), ...over };
}

test.each<[string, Record<string, string>, Machine, string]>([
  ['macOS', {}, machine({ platform: 'darwin' }), 'ok'],
  ['macOS over SSH', { SSH_TTY: '/dev/ttys001' }, machine({ platform: 'darwin' }), 'warning'],
  ['Windows', {}, machine({ platform: 'win32' }), 'ok'],
  ['WSL', {}, machine({ release: '5.15.0-microsoft-standard-WSL2' }), 'ok'],
  ['a desktop', { WAYLAND_DISPLAY: 'w', PATH: '/usr/bin' }, machine({}, '/usr/bin/chromium'), 'ok'],
  ['a server', {}, machine(), 'warning'],
])('a sign-in on %s', (_, env, where, state) => {
  expect(browserFor(env, where)).toMatchObject({ state });
});

test.each([
  ['/.dockerenv', 'There is no display in this container, so a sign-in only shows its address.'],
  ['/run/.containerenv', 'There is no display in this container, so a sign-in only shows its address.'],
  ['/.flatpak-info', 'There is no display in this sandbox, so a sign-in only shows its address.'],
  ['/nothing', 'There is no display, so a sign-in only shows its address.'],
])('where there is %s', (file, sentence) => {
  expect(browserFor({}, machine({}, file))).toMatchObject({ state: 'warning', sentence });
});
