import { createHash } from 'node:crypto';
import { calculatePKCECodeChallenge } from 'oauth4webapi';
import { expect, test } from 'vitest';
import { newPkce, newState } from '../../../daemon/core/oauth/pkce.js';

test('the function that challenges are made by gives the pair of RFC 7636, appendix B', async () => {
  expect(await calculatePKCECodeChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  );
});

test('a pair is of method S256 and of the form that RFC 7636 wants, and never the same', async () => {
  const pairs = await Promise.all(Array.from({ length: 50 }, () => newPkce()));
  for (const { verifier, challenge } of pairs) {
    expect(verifier).toMatch(/^[A-Za-z0-9._~-]{43,128}$/);
    expect(challenge).toBe(createHash('sha256').update(verifier).digest('base64url'));
    expect(challenge).toBe(await calculatePKCECodeChallenge(verifier));
  }
  expect(new Set(pairs.map(({ verifier }) => verifier)).size).toBe(50);
});

test('a state has 256 bits, and is never the same', () => {
  const states = Array.from({ length: 50 }, newState);
  for (const state of states) expect(Buffer.from(state, 'base64url')).toHaveLength(32);
  expect(new Set(states).size).toBe(50);
});
