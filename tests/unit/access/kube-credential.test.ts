import { describe, expect, test } from 'vitest';
import { askedVersion, execCredential } from '../../../cli/access/kube-credential.js';

function info(apiVersion: unknown, kind = 'ExecCredential'): string {
  return JSON.stringify({ apiVersion, kind, spec: { interactive: false } });
}

test.each([
  [undefined, 'v1'],
  ['', 'v1'],
  [info('client.authentication.k8s.io/v1'), 'v1'],
  [info('client.authentication.k8s.io/v1beta1'), 'v1beta1'],
])('%s asks for %s', (text, version) => {
  expect(askedVersion(text)).toBe(version);
});

describe('what no version answers is refused in words that kubectl shows', () => {
  test.each([
    info('client.authentication.k8s.io/v1alpha1'),
    info('client.authentication.k8s.io/v2'),
    info('example.org/v1'),
  ])('%s', (text) => {
    expect(() => askedVersion(text)).toThrow('asks for a version of ExecCredential');
  });

  test.each(['nonsense', '[]', '{}', info(7), info('client.authentication.k8s.io/v1', 'Pod')])(
    '%s',
    (text) => {
      expect(() => askedVersion(text)).toThrow('does not hold an ExecCredential');
    },
  );
});

test('a token without an end is answered without one', () => {
  const credential = execCredential('v1', { value: 'key', expires_at: null });
  expect(credential).toEqual({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'key' },
  });
});
