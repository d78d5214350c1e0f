import { expect, test } from 'vitest';
import { browserFor } from '../../../daemon/doctor/checks/browser.js';
import type { Machine } from '../../../shared/browser-place.js';

// Machines that a test cannot be run on. tests/doctor/browser.test.ts runs the whole program on this one.

function machine(over: Partial<Machine> = {}, ...files: string[]): Machine {
  return {
    ...{ platform: 'linux', release: '6.1.0', read: () => '', exists: (file) => files.includes(file) },
    ...over,
  };
}

const linux = machine();
const docker = machine({ read: () => '12:cpu:/docker/0f1e2d\n' });
const wsl = machine({ release: '5.15.0-microsoft-standard-WSL2' });
const ssh = { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' };
const desktop = { WAYLAND_DISPLAY: 'w', PATH: '/usr/bin' };
const editor = '/home/me/.vscode-server/cli/servers/Stable-1/server/bin/helpers/browser.sh';

test.each<[string, Record<string, string>, Machine, string]>([
  ['macOS', {}, machine({ platform: 'darwin' }), 'a browser'],
  ['Windows', {}, machine({ platform: 'win32' }), 'a browser'],
  ['WSL by its kernel', {}, wsl, "Windows' browser, from WSL"],
  ['WSL by its variable', { WSL_DISTRO_NAME: 'Debian' }, linux, "Windows' browser, from WSL"],
  ['a desktop', desktop, machine({}, '/usr/bin/chromium'), 'a browser'],
  ['a container with a display', desktop, machine({}, '/usr/bin/gio', '/.dockerenv'), 'a browser'],
  ['SSH with a display', { ...ssh, ...desktop }, machine({}, '/usr/bin/chromium'), 'a browser'],
  ['BROWSER', { BROWSER: '/opt/b %s:lynx' }, linux, 'the browser that BROWSER names (b)'],
  ['SSH by an editor', { ...ssh, BROWSER: editor }, linux, 'the browser of your editor'],
])('a sign-in on %s opens it', (_, env, where, browser) => {
  expect(browserFor(env, where)).toEqual({
    state: 'ok',
    sentence: `A sign-in opens ${browser}.`,
    cure: null,
  });
});

const SSH = 'This is a login over SSH without a display';

test.each<[string, Record<string, string>, Machine, string]>([
  ['macOS over SSH', { SSH_TTY: '/dev/ttys001' }, machine({ platform: 'darwin' }), SSH],
  ['macOS over SSH with X11', { ...ssh, DISPLAY: ':0' }, machine({ platform: 'darwin' }), SSH],
  ['WSL over SSH', { ...ssh, WSL_DISTRO_NAME: 'Debian' }, wsl, SSH],
  ['SSH with a BROWSER of that machine', { ...ssh, BROWSER: 'firefox' }, linux, SSH],
  ['a server', {}, linux, 'There is no display'],
  ['a display without a browser', desktop, linux, 'There is a display, and no browser on PATH'],
  ['a container', {}, machine({}, '/.dockerenv'), 'There is no display in this container'],
  ['another container', {}, machine({}, '/run/.containerenv'), 'There is no display in this container'],
  ['a container by its group', {}, docker, 'There is no display in this container'],
  [
    'a container in WSL',
    {},
    { ...wsl, ...docker, release: wsl.release },
    'There is no display in this container',
  ],
  ['a sandbox', {}, machine({}, '/.flatpak-info'), 'There is no display in this sandbox'],
  [
    'a Mac with BROWSER=none',
    { BROWSER: 'none' },
    machine({ platform: 'darwin' }),
    'BROWSER says that none is opened',
  ],
  [
    'a desktop with BROWSER=true',
    { ...desktop, BROWSER: '/bin/true' },
    linux,
    'BROWSER says that none is opened',
  ],
  ['BROWSER=echo', { BROWSER: 'echo' }, linux, 'BROWSER says that none is opened'],
  ['BROWSER=w3m', { BROWSER: 'w3m' }, linux, 'BROWSER names one that needs this terminal (w3m)'],
])('a sign-in on %s only shows its address', (_, env, where, obstacle) => {
  const sentence = `${obstacle}, so a sign-in only shows its address.`;
  expect(browserFor(env, where)).toMatchObject({ state: 'warning', sentence });
});
