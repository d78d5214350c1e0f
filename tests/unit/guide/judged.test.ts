import { describe, expect, test } from 'vitest';
import { judgeClientId, judgePlace, judgeSecret } from '../../../cli/provider/guide/judged.js';
import { provider } from '../../support/samples.js';

const ID = 'Iv1.0123456789abcdef';
const SECRET = '0123456789abcdef0123456789abcdef01234567';
const github = (text: string) => judgeClientId(provider, text);
const at = (id: string, text: string) => judgeClientId({ ...provider, id }, text);

describe('a client id', () => {
  test.each([ID, ` ${ID}\t`, `"${ID}"`, `'${ID}' `, `\`${ID}\``, `" ${ID} "`])('is taken from %j', (text) => {
    expect(github(text)).toEqual({ value: ID });
  });

  const faults: [text: string, fault: RegExp][] = [
    ['', /^Paste the client id/],
    ['  ""  ', /^Paste the client id/],
    [`${ID} ${ID}`, /no spaces/],
    ['http://127.0.0.1/callback', /This is the redirect URI/],
    ['https://github.com/settings/applications/1', /This is an address/],
    [SECRET, /looks like the secret/],
    [`"${SECRET}"`, /looks like the secret/],
    [`ghp_${'a'.repeat(36)}`, /looks like a token/],
  ];
  test.each(faults)('is not %j', (text, fault) => {
    const judged = github(text);
    expect(judged).toEqual({ fault: expect.stringMatching(fault) });
    expect(Object.values(judged).join().length).toBeLessThan(80);
  });

  test('may be an address where the provider takes documents', () => {
    const text = 'https://app.example.org/client.json';
    expect(judgeClientId({ ...provider, client_id_documents: true }, text)).toEqual({ value: text });
  });

  test('of another provider has its own shape', () => {
    expect(at('google', 'GOCSPX-abc')).toEqual({ fault: expect.stringMatching(/secret/) });
    expect(at('google', '1-a.apps.googleusercontent.com')).toHaveProperty('value');
    expect(at('corp', SECRET)).toEqual({ value: SECRET });
  });
});

describe('a client secret', () => {
  test('is trimmed, and may be left out only where it is optional', () => {
    expect(judgeSecret('github', false, ID, ` "${SECRET}"\n`)).toEqual({ value: SECRET });
    expect(judgeSecret('github', true, ID, ' ')).toEqual({ value: '' });
    expect(judgeSecret('github', false, ID, ' ')).toEqual({ fault: expect.stringMatching(/^Paste/) });
  });

  test('is not the id, nor looks like one', () => {
    expect(judgeSecret('corp', false, 'me', 'me')).toEqual({ fault: expect.stringMatching(/id again/) });
    expect(judgeSecret('github', false, null, ID)).toEqual({ fault: expect.stringMatching(/like an id/) });
    // The portal shows the id of a secret beside its value.
    const guid = '11111111-2222-3333-4444-555555555555';
    expect(judgeSecret('microsoft', true, null, guid)).toEqual({
      fault: expect.stringMatching(/like an id/),
    });
  });
});

test('a part of an address has nothing that would lead elsewhere', () => {
  expect(judgePlace('shop', ' my-shop ')).toEqual({ value: 'my-shop' });
  for (const text of ['', 'a/b', 'evil.example/', 'a b', '@x', 'a?b', '#']) {
    expect(judgePlace('shop', text)).toHaveProperty('fault');
  }
});
