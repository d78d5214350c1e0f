import { describe, expect, test } from 'vitest';
import { builtinProviders } from '../../../daemon/core/providers/builtin/index.js';
import {
  originsOf,
  readOrigins,
  secretTargets,
  writeOrigins,
} from '../../../daemon/core/providers/secret-origins.js';
import { placeholdersIn } from '../../../shared/address-template.js';

describe.each([...builtinProviders.values()])('$id', (provider) => {
  test('has its secret sent only to origins that its entry names', () => {
    const origins = originsOf(provider);
    const whole = (origin: string): boolean => placeholdersIn(origin).length === 0;
    for (const target of secretTargets(provider).filter(whole)) expect(origins).toContain(target);
    for (const origin of origins) expect(origin).toMatch(/^https:\/\/[^/]+$/);
  });
});

test('origins are those of RFC 6454: scheme, host and port', () => {
  const [google] = [...builtinProviders.values()].filter(({ id }) => id === 'google');
  const at = (token_endpoint: string) =>
    google
      ? secretTargets({ ...google, token_endpoint, device_authorization_endpoint: null, revocation: null })
      : [];
  expect(at('https://ID.example.org:443/a/token')).toEqual(['https://id.example.org']);
  expect(at('https://id.example.org:8443/token')).toEqual(['https://id.example.org:8443']);
  expect(at('http://127.0.0.1:1/token')).toEqual(['http://127.0.0.1:1']);
});

test('an address of which a part is not known is one that no secret was given for', () => {
  const [google] = [...builtinProviders.values()].filter(({ id }) => id === 'google');
  const token_endpoint = 'https://{shop}.example.org/token';
  const at = google && { ...google, token_endpoint, device_authorization_endpoint: null, revocation: null };
  expect(at && secretTargets(at)).toEqual(['https://{shop}.example.org']);
  expect(at && originsOf({ ...at, issuer: 'https://id.example.org/{tenant}' })).toEqual([
    'https://id.example.org',
  ]);
});

test('they are always written in the same way, and read back', () => {
  const text = writeOrigins(['https://b.example', 'https://a.example', 'https://b.example']);
  expect(text).toBe('["https://a.example","https://b.example"]');
  expect(readOrigins(text)).toEqual(['https://a.example', 'https://b.example']);
  for (const damaged of [null, '', '{}', '[1]', 'x']) expect(readOrigins(damaged)).toEqual([]);
});
