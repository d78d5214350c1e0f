import { describe, expect, test } from 'vitest';
import { registryOf, urlOf, userOf } from '../../../cli/helpers/docker/registry.js';

test.each([
  ['ghcr.io', 'ghcr.io'],
  ['https://ghcr.io', 'ghcr.io'],
  ['https://GHCR.io/', 'ghcr.io'],
  ['https://ghcr.io/v2/', 'ghcr.io'],
  ['ghcr.io:443', 'ghcr.io'],
  ['ghcr.io:8443', 'ghcr.io:8443'],
  ['localhost:5000', 'localhost:5000'],
  ['quay.io/team', 'quay.io/team'],
  ['https://index.docker.io/v1/', 'docker.io'],
  ['index.docker.io', 'docker.io'],
  ['registry-1.docker.io', 'docker.io'],
  ['docker.io', 'docker.io'],
])('%s is %s', (server, registry) => {
  expect(registryOf(server)).toBe(registry);
  expect(registryOf(urlOf(registry))).toBe(registry);
});

describe('not a registry:', () => {
  test.each([
    ...['', '/', 'https://', 'http://ghcr.io', 'ftp://ghcr.io', '//ghcr.io', '-ghcr.io', 'ghcr.io-', '.'],
    ...[
      'user@ghcr.io',
      'https://user:x@ghcr.io',
      'ghcr.io?x',
      'ghcr.io#x',
      'ghcr.io/../x',
      'ghcr.io/./x',
      'ghcr.io//x',
    ],
    ...[
      'ghcr.io:',
      'ghcr.io:0',
      'ghcr.io:123456',
      '[::1]:5000',
      'ghcr.io x',
      'ghcr.io\nx',
      'ghcr.io\u0000',
      'ghcr.io%2fx',
    ],
    ...['ghcr．io', 'ｇhcr.io', 'x'.repeat(600), `ghcr.io/${'x'.repeat(300)}`],
  ])('%j', (server) => {
    expect(registryOf(server)).toBeUndefined();
  });
});

test.each([
  ['ghcr.io', 'work', 'work'],
  ['registry.gitlab.com', 'work', 'oauth2'],
  ['gcr.io', 'work', 'oauth2accesstoken'],
  ['eu.gcr.io', 'work', 'oauth2accesstoken'],
  ['europe-west3-docker.pkg.dev', 'work', 'oauth2accesstoken'],
  ['gcr.io.evil.example', 'work', 'work'],
  ['evil-gcr.io', 'work', 'work'],
])('%s is told the user of %s as %s', (registry, account, user) => {
  expect(userOf(registry, account)).toBe(user);
});
