import { expect, onTestFinished, test, vi } from 'vitest';
import { pathError } from '../../../shared/path-error.js';
import { makePrivateFolder } from '../../../shared/private-folder.js';

function failed(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function environment(env: Record<string, string>): void {
  for (const name of ['SIGILFORGE_HOME', 'XDG_DATA_HOME', 'XDG_RUNTIME_DIR', 'HOME'])
    vi.stubEnv(name, env[name]);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test.each([
  ['EROFS', 'the file system is read-only', 'Make that file system writable. HOME led there'],
  ['ENOSPC', 'no space is left on the disk', 'Free some space there'],
  ['EDQUOT', 'your quota of the disk is used up', 'Free some space there'],
  ['EACCES', 'you have no permission', 'HOME led there'],
  ['ESTALE', 'ESTALE', 'HOME led there'],
])('%s is said in words', (code, reason, hint) => {
  environment({ HOME: '/home/ada' });
  expect(pathError('/home/ada/x', failed(code))).toMatchObject({
    kind: 'store_unavailable',
    message: `/home/ada/x cannot be used: ${reason}.`,
    hint: expect.stringContaining(hint),
  });
});

test.each([
  [
    'the nearest of several',
    { HOME: '/home/ada', XDG_DATA_HOME: '/home/ada/d' },
    '/home/ada/d/sigilforge',
    'XDG_DATA_HOME',
  ],
  ['the home', { HOME: '/home/ada', XDG_DATA_HOME: '/d' }, '/home/ada/.local', 'HOME'],
  ['a home with a slash at its end', { HOME: '/home/ada/' }, '/home/ada', 'HOME'],
  ['one below the path', { XDG_RUNTIME_DIR: '/run/user/1000' }, '/run/user', 'XDG_RUNTIME_DIR'],
  ['no neighbour', { HOME: '/home/ada' }, '/home/adam/x', 'Correct it, or name'],
])('the variable that led there is named: %s', (_, env, place, named) => {
  environment(env);
  expect(pathError(place, failed('EACCES')).hint).toMatch(new RegExp(`^${named}`));
});

test('a path with a zero byte is refused as every other that cannot be', () => {
  expect(() => makePrivateFolder('/tmp/a\0b/c')).toThrow(
    expect.objectContaining({
      kind: 'store_unavailable',
      message: expect.stringContaining('it has a zero byte'),
    }),
  );
});
