import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { covers, intersection, parseGrant } from '../../../shared/grant.js';

describe('parseGrant', () => {
  test.each([
    ['auth://GitHub/work/access_token', 'auth://github/work/token'],
    ['auth://*/work/token', 'auth://*/work/token'],
    ['auth://*/*/*', 'auth://*/*/*'],
    ['auth://github/work/refresh_token', 'auth://github/work/refresh_token'],
    ['secret://team/*', 'secret://team/*'],
    ['secret://*', 'secret://*'],
    ['ref+echo://a/b', 'vals:ref+echo://a/b'],
    ['auth://slack/*/team.id', 'auth://slack/*/team.id'],
  ])('reads %s', (text, grant) => {
    expect(parseGrant(text)).toBe(grant);
  });

  test.each([
    '',
    '*',
    '*://a/b/token',
    'auth://github/work',
    'auth://github/work/token/more',
    'auth://git*/work/token',
    'auth://github/**/token',
    'auth://github/work/pass word',
    'secret://',
    'secret:///a',
    'secret://team/k*',
    'env://HOME',
    'ref+file://a/*',
  ])('refuses %s', (text) => {
    expect(() => parseGrant(text)).toThrow(expect.objectContaining({ kind: 'invalid_reference' }));
  });
});

describe('covers', () => {
  test.each([
    ['auth://github/*/token', 'auth://github/work/token', true],
    ['auth://github/*/token', 'auth://gitlab/work/token', false],
    ['auth://github/work/*', 'auth://github/work/api_key', true],
    ['auth://github/work/*', 'auth://github/work/refresh_token', false],
    ['auth://github/work/*', 'auth://github/work/id_token', false],
    ['auth://github/work/id_token', 'auth://github/work/id_token', true],
    ['auth://github/work/*', 'auth://github/work/instance_url', true],
    ['auth://github/work/instance_url', 'auth://github/work/instance_url', true],
    ['auth://github/work/token', 'auth://github/work/instance_url', false],
    ['auth://github/work/instance_url', 'auth://github/work/token', false],
    ['auth://*/*/*', 'auth://github/work/client_secret', false],
    ['auth://github/work/refresh_token', 'auth://github/work/refresh_token', true],
    ['secret://team/*', 'secret://team/refresh_token', true],
    ['secret://team/*', 'secret://team/a/b', false],
    ['secret://*', 'secret://team/a', false],
  ])('%s, %s: %s', (grant, reference, isCovered) => {
    expect(covers(grant, reference)).toBe(isCovered);
  });
});

const segment = fc.constantFrom('*', 'a', 'b', 'refresh_token');
const grants = fc
  .tuple(segment, segment, segment)
  .map(([service, account, type]) => `auth://${service}/${account}/${type}`);
const references = fc
  .tuple(fc.constantFrom('a', 'b'), fc.constantFrom('a', 'b'), fc.constantFrom('token', 'refresh_token'))
  .map((segments) => `auth://${segments.join('/')}`);

test('an intersection covers just what both grants cover', () => {
  fc.assert(
    fc.property(grants, grants, references, (one, other, reference) => {
      const both = intersection(one, other);
      expect(both !== undefined && covers(both, reference)).toBe(
        covers(one, reference) && covers(other, reference),
      );
      expect(intersection(other, one)).toBe(both);
    }),
  );
});
