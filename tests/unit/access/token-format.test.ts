import { describe, expect, test } from 'vitest';
import {
  assertRecipient,
  formatToken,
  type Recipient,
  TOKEN_FORMATS,
  type TokenFormat,
} from '../../../cli/access/token-format.js';
import { token as sample } from '../../support/samples.js';

const token = { ...sample, access_token: 'ya29.t0-k_e~n+/=' };
const ann = { user: 'ann@example.org' };

function decoded(text: string): string {
  return Buffer.from(text, 'base64').toString();
}

test.each<[TokenFormat, Recipient, string]>([
  ['text', {}, token.access_token],
  ['json', {}, JSON.stringify(token)],
  ['header', {}, `Authorization: Bearer ${token.access_token}`],
  ['headers-json', {}, `{"Authorization":"Bearer ${token.access_token}"}`],
  [
    'netrc',
    { ...ann, host: 'api.example.org' },
    `machine api.example.org login ann@example.org password ${token.access_token}`,
  ],
])('%s', (format, recipient, expected) => {
  assertRecipient(format, recipient);
  expect(formatToken(token, format, recipient)).toBe(expected);
});

test('xoauth2 is what Google and Microsoft describe', () => {
  expect(decoded(formatToken(token, 'xoauth2', ann))).toBe(
    `user=ann@example.org\x01auth=Bearer ${token.access_token}\x01\x01`,
  );
});

test('oauthbearer is what RFC 7628 describes, with and without a server', () => {
  // Section 4.1 of it, with its own example.
  const value = { ...token, access_token: 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==' };
  const server = { user: 'user@example.com', host: 'server.example.com', port: '143' };
  expect(formatToken(value, 'oauthbearer', server)).toBe(
    'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB',
  );
  expect(decoded(formatToken(token, 'oauthbearer', { user: 'a,b=c' }))).toBe(
    `n,a=a=2Cb=3Dc,\x01auth=Bearer ${token.access_token}\x01\x01`,
  );
});

describe('what a format cannot hold is refused, and never repeated', () => {
  test.each<[TokenFormat, Recipient, string]>([
    ['xoauth2', {}, '--format xoauth2 needs --user.'],
    ['oauthbearer', { host: 'h' }, '--format oauthbearer needs --user.'],
    ['netrc', ann, '--format netrc needs --host.'],
    ['text', ann, '--format text does not take --user.'],
    ['xoauth2', { ...ann, host: 'h' }, '--format xoauth2 does not take --host.'],
    ['xoauth2', { user: 'a\x01auth=x' }, '--user takes one word.'],
    ['oauthbearer', { ...ann, host: 'a b' }, '--host takes one word.'],
    ['oauthbearer', { ...ann, port: '65536' }, '--port takes a number up to 65535.'],
    ['oauthbearer', { ...ann, port: '1e3' }, '--port takes a number up to 65535.'],
    ['netrc', { user: '', host: 'h' }, '--user takes one word.'],
  ])('%s with %j', (format, recipient, sentence) => {
    expect(() => assertRecipient(format, recipient)).toThrow(sentence);
  });

  test.each(['a\nb', 'a\rb', 'a\x01auth=Bearer b', 'a\x00'])('a token like %j', (access_token) => {
    for (const format of TOKEN_FORMATS.filter((one) => one !== 'text' && one !== 'json')) {
      const write = () => formatToken({ ...token, access_token }, format, { ...ann, host: 'h' });
      expect(write, format).toThrow(/cannot be/);
      expect(write, format).not.toThrow(access_token);
    }
  });

  test.each(['a b', 'a"b', '"a', 'a\\b', '#a', 'ä'])('a word like %j in netrc', (access_token) => {
    const recipient = { ...ann, host: 'h' };
    expect(() => formatToken({ ...token, access_token }, 'netrc', recipient)).toThrow('a word of netrc');
  });

  test('an API key for a mail server', () => {
    const key = { ...token, token_type: 'api_key', expires_at: null };
    for (const format of ['xoauth2', 'oauthbearer'] as const)
      expect(() => formatToken(key, format, ann)).toThrow('which mail servers do not take as a token');
    expect(formatToken(key, 'netrc', { ...ann, host: 'h' })).toContain('password');
  });
});
