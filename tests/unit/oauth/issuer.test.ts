import { describe, expect, test } from 'vitest';
import { foreignness, readIdToken } from '../../../daemon/core/oauth/id-token.js';
import { discover } from '../../../daemon/core/oauth/metadata/discovery.js';
import { isSameIssuer } from '../../../daemon/core/oauth/metadata/issuer.js';
import { Secret } from '../../../shared/secret.js';
import { answerOf, clientOf, recordHttp } from '../../support/provider/oauth-clients.js';

const ENTRA = 'https://login.microsoftonline.com/{tenantid}/v2.0';

test.each([
  ['https://id.example.org', 'https://id.example.org/'],
  ['https://id.example.org/realms/one/', 'https://id.example.org/realms/one'],
  ['https://id.example.org/realms/one', 'https://ID.Example.org:443/realms/one'],
  ['https://accounts.google.com', 'accounts.google.com'],
  ['https://auth.example.org/application/o/cli/', 'http://auth.example.org/application/o/cli/'],
  ['http://localhost:8080/realms/one', 'http://localhost:8080/realms/one'],
  [ENTRA, 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0'],
  [ENTRA, 'https://login.microsoftonline.com/common/v2.0/'],
  ['urn:example:issuer', 'urn:example:issuer'],
])('%s is %s', (known, found) => {
  expect(isSameIssuer(known, found)).toBe(true);
});

test.each([
  ['https://id.example.org', 'https://id.example.org.evil.org'],
  ['https://id.example.org', 'https://id.example.org@evil.org'],
  ['https://id.example.org/realms/one', 'https://id.example.org/realms/two'],
  ['https://id.example.org/realms/one', 'https://id.example.org/realms/ONE'],
  ['https://id.example.org/realms/one', 'https://id.example.org/realms'],
  ['https://id.example.org', 'https://id.example.org:8443'],
  ['https://id.example.org', 'https://id.example.org/?realm=two'],
  ['https://id.example.org', 'https://id.example.org/#two'],
  [ENTRA, 'https://login.microsoftonline.com//v2.0'],
  [ENTRA, 'https://login.microsoftonline.com/a/b/v2.0'],
  [ENTRA, 'https://login.microsoftonline.us/9188040d/v2.0'],
  ['https://{tenant}.example.org', 'https://evil.example.org'],
  ['https://id.example.org/one', 'https://id.example.org/{any}'],
  ['urn:example:issuer', 'urn:example:other'],
  ['https://id.example.org', ''],
])('%s is not %s', (known, found) => {
  expect(isSameIssuer(known, found)).toBe(false);
});

describe('the metadata of an issuer', () => {
  const discovered = (issuer: string, found: string, iss: string[] = []) => {
    const endpoints = { authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t` };
    const { http } = recordHttp(() => answerOf({ issuer: found, ...endpoints }));
    return discover(http, { id: 'corp', issuer, iss, issuerVaries: false });
  };
  const B2C = 'https://corp.b2clogin.com/corp.example.org/b2c_1_in/v2.0';
  const B2C_ISSUER = 'https://corp.b2clogin.com/775527ff-9a37-4307-8b3d-cc311f58d925/v2.0/';

  test.each<[asked: string, found: string, iss: string[], kept: string]>([
    ['https://login.microsoftonline.com/common/v2.0', ENTRA, [], ENTRA],
    ['https://id.example.org', 'https://id.example.org/', [], 'https://id.example.org/'],
    // Behind a proxy that adds TLS.
    ['https://id.example.org/r', 'http://id.example.org/r', [], 'https://id.example.org/r'],
    [B2C, B2C_ISSUER, [B2C_ISSUER], B2C],
    [
      'https://id.example.org/r',
      'https://id.example.org:8443/r',
      ['https://id.example.org:8443/r/'],
      'https://id.example.org/r',
    ],
  ])('%s may name %s, where %j is the same', async (asked, found, iss, kept) => {
    expect(await discovered(asked, found, iss)).toMatchObject({ issuer: kept });
  });

  test.each<[asked: string, found: string, iss: string[], hint: RegExp]>([
    [B2C, B2C_ISSUER, [], /--issuer \S+775527ff\S+\. If nothing is found there.*corp --iss \S+775527ff\S+$/],
    [
      'https://id.example.org/r',
      'http://id.example.org/x',
      [],
      /say so: \S+ provider set corp --iss http:\S+$/,
    ],
    // Another host cannot speak for it, whatever a person was told to say.
    ['https://evil.example.org', 'https://id.example.org', ['https://id.example.org'], /--issuer \S+$/],
    ['https://login.microsoftonline.com/common/v2.0', 'https://evil.org/{tenantid}/v2.0', [], /--issuer/],
  ])('%s may not name %s, where %j is the same', async (asked, found, iss, hint) => {
    await expect(discovered(asked, found, iss)).rejects.toMatchObject({
      kind: 'refresh_failed',
      message: expect.stringContaining('names another issuer'),
      hint: expect.stringMatching(hint),
    });
  });
});

describe('an ID token from an issuer', () => {
  const compared = (issuer: string, iss: string) => {
    const claims = Buffer.from(JSON.stringify({ iss, aud: 'client' })).toString('base64url');
    const read = readIdToken(new Secret(`e30.${claims}.x`));
    if (typeof read === 'string') throw new Error(read);
    return foreignness(read, { registration: clientOf('example', { issuer }), nonce: undefined });
  };

  test.each([
    [ENTRA, 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0'],
    ['https://id.example.org/r', 'http://id.example.org/r/'],
    ['https://id.example.org', 'https://id.example.org:443'],
  ])('%s may be from %s', (issuer, iss) => {
    expect(compared(issuer, iss)).toBeUndefined();
  });

  test.each([
    [ENTRA, 'https://sts.windows.net/9188040d-6c67-4c5b-b112-36a304b66dad/'],
    [ENTRA, 'https://login.microsoftonline.com/v2.0'],
    ['https://id.example.org/r', 'https://id.example.org/{r}'],
  ])('%s may not be from %s', (issuer, iss) => {
    expect(compared(issuer, iss)).toMatch(/^is from another issuer/);
  });
});
