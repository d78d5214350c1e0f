import { expect, test } from 'vitest';
import { clipboardCommands } from '../../../cli/sign-in/clipboard.js';
import { hasUnicode } from '../../../cli/terminal/screen.js';

test.each([
  [{ LANG: 'en_GB.UTF-8' }, true],
  [{ LANG: 'en_GB.UTF-8', LC_ALL: 'C' }, false],
  [{ LC_CTYPE: 'C.utf8', LANG: 'C' }, true],
  [{ LANG: 'de_DE.ISO-8859-1' }, false],
  [{ TERM: 'xterm-256color' }, true],
  [{ TERM: 'linux' }, false],
])('a terminal with %j shows more than ASCII: %j', (env, expected) => {
  expect(hasUnicode(env, 'linux')).toBe(expected);
});

const ssh = { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' };

test.each([
  ['darwin', {}, ['pbcopy']],
  ['darwin', ssh, []],
  ['win32', {}, ['clip.exe']],
  ['linux', {}, []],
  ['linux', { WAYLAND_DISPLAY: 'w', DISPLAY: ':0' }, ['wl-copy', 'xclip', 'xsel']],
  ['linux', { ...ssh, DISPLAY: 'localhost:10.0' }, ['xclip', 'xsel']],
  ['linux', { WSL_DISTRO_NAME: 'Debian' }, ['clip.exe']],
] as const)('on %s with %j the clipboard is kept by %j', (platform, env, expected) => {
  expect(clipboardCommands(env, platform).map(([name]) => name)).toEqual(expected);
});
