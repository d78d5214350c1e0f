import { expect, test } from 'vitest';
import {
  resolveVariable,
  sourceInEnvironment,
  variableName,
  withEnvironment,
} from '../../../client/references/variables.js';
import { SigilforgeError } from '../../../shared/errors.js';

const notFound = new SigilforgeError('not_found', 'It is not there.');

test('a name is upper case, and anything but letters and digits is an underscore', () => {
  expect(variableName('my.host', 'a@b+c', 'token')).toBe('SIGILFORGE_MY_HOST_A_B_C_TOKEN');
});

test.each([
  ['auth://github/work/token', 'SIGILFORGE_GITHUB_WORK_TOKEN', 'token'],
  ['auth://GitHub/work/access_token', 'SIGILFORGE_GITHUB_WORK_TOKEN', 'token'],
  ['secret://db/pass-word', 'SIGILFORGE_SECRET_DB_PASS_WORD', 'secret'],
])('%s is looked up as %s', (reference, name, kind) => {
  expect(withEnvironment(reference, notFound, { [name]: 'value' })).toEqual({
    value: 'value',
    encoding: 'utf8',
    metadata: { kind, source: `env://${name}`, expires_at: null },
  });
  expect(sourceInEnvironment(reference, { [name]: 'value' })).toEqual({
    source: `env://${name}`,
    outcome: 'found',
  });
  expect(sourceInEnvironment(reference, {})).toEqual({ source: `env://${name}`, outcome: 'absent' });
});

test('the error stays where the variable is missing or empty, and where it is another error', () => {
  const name = 'SIGILFORGE_GITHUB_WORK_TOKEN';
  expect(() => withEnvironment('auth://github/work/token', notFound, {})).toThrow(notFound);
  expect(() => withEnvironment('auth://github/work/token', notFound, { [name]: '' })).toThrow(notFound);
  const locked = new SigilforgeError('vault_locked', 'It is locked.');
  expect(() => withEnvironment('auth://github/work/token', locked, { [name]: 'value' })).toThrow(locked);
});

test('vals has no variable', () => {
  expect(sourceInEnvironment('vals:ref+echo://foo', {})).toBeUndefined();
  expect(() => withEnvironment('vals:ref+echo://foo', notFound, {})).toThrow(notFound);
});

test('env:// is its own variable', () => {
  expect(resolveVariable('env://MY_KEY', { MY_KEY: 'value' }).value).toBe('value');
  expect(() => resolveVariable('env://MY_KEY', {})).toThrow('no such variable');
  expect(() => resolveVariable('env://1', {})).toThrow('not a reference');
});
