import { describe, expect, test } from 'vitest';
import type { HttpClient } from '../../../daemon/core/oauth/http/http.js';
import { discover } from '../../../daemon/core/oauth/metadata/discovery.js';

const ISSUER = 'https://id.example.org';

/** What becomes of metadata with the usual endpoints of an issuer and these. */
async function discovered(endpoints: object, issuer = ISSUER): Promise<object> {
  const metadata = {
    issuer,
    authorization_endpoint: 'https://login.example.com/authorize',
    token_endpoint: 'https://id.example.org/token',
    ...endpoints,
  };
  const http: HttpClient = async () => ({
    status: 200,
    headers: new Headers({ 'content-type': 'application/json' }),
    body: Buffer.from(JSON.stringify(metadata)),
  });
  return await discover(http, { id: 'corp', issuer, iss: [], issuerVaries: false });
}

const NAMES = [
  'authorization_endpoint',
  'token_endpoint',
  'device_authorization_endpoint',
  'revocation_endpoint',
  'registration_endpoint',
];

describe('an issuer elsewhere', () => {
  test('names endpoints on other hosts', async () => {
    expect(await discovered({ revocation_endpoint: 'https://10.0.0.1:8443/x' })).toMatchObject({
      authorization_endpoint: 'https://login.example.com/authorize',
      revocation_endpoint: 'https://10.0.0.1:8443/x',
    });
  });

  test.each(NAMES)('names no %s on this machine, and none without https', async (name) => {
    await expect(discovered({ [name]: 'https://localhost:8443/x?a-secret' })).rejects.toMatchObject({
      kind: 'denied',
      message: `The metadata of ${ISSUER} names the ${name} https://localhost:8443, which is on this machine.`,
      hint: 'Do not sign in there. Check the issuer, and tell its operator.',
    });
    await expect(discovered({ [name]: 'http://id.example.org/x' })).rejects.toMatchObject({
      kind: 'denied',
      message: `The metadata of ${ISSUER} names the ${name} http://id.example.org, which is not https.`,
    });
  });

  test.each([
    'http://127.0.0.1:1/x',
    'https://127.8.9.10/x',
    'https://0x7f.1/x',
    'https://2130706433/x',
    'https://0/x',
    'https://[::1]/x',
    'https://[::]/x',
    'https://[::ffff:127.0.0.1]/x',
    'https://[0:0:0:0:0:0:0:1]/x',
    'https://LOCALHOST./x',
    'https://idp.localhost/x',
  ])('does not reach this machine by %s', async (endpoint) => {
    await expect(discovered({ token_endpoint: endpoint })).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('is on this machine'),
    });
  });
});

test.each(['http://127.0.0.1:9', 'https://localhost', 'http://[::1]:9'])(
  'the issuer %s on this machine may name others on it',
  async (issuer) => {
    const token_endpoint = 'http://localhost:8080/token';
    expect(await discovered({ token_endpoint }, issuer)).toMatchObject({ token_endpoint });
  },
);
