import { expect, test } from 'vitest';
import { usualScopes } from '../../../daemon/core/providers/usual-scopes.js';

const CODE = 'authorization_code';
const REFRESH = 'refresh_token';

test.each<[string, Parameters<typeof usualScopes>[0], string[]]>([
  [
    'both are listed',
    { openid: true, scopes: ['openid', 'offline_access', 'email'], grantTypes: undefined },
    ['openid', 'offline_access'],
  ],
  [
    'no scopes are listed',
    { openid: true, scopes: undefined, grantTypes: undefined },
    ['openid', 'offline_access'],
  ],
  [
    'no scopes are listed, and refresh tokens are',
    { openid: true, scopes: undefined, grantTypes: [CODE, REFRESH] },
    ['openid', 'offline_access'],
  ],
  [
    'no scopes are listed, and grant types leave refresh tokens out',
    { openid: true, scopes: undefined, grantTypes: [CODE] },
    ['openid'],
  ],
  [
    'scopes leave it out, and grant types have refresh tokens',
    { openid: true, scopes: ['openid', 'profile'], grantTypes: [CODE, REFRESH] },
    ['openid', 'offline_access'],
  ],
  [
    'scopes leave it out, and grant types leave refresh tokens out',
    { openid: true, scopes: ['openid'], grantTypes: [CODE, 'client_credentials'] },
    ['openid'],
  ],
  [
    'scopes leave it out, and no grant types are listed',
    { openid: true, scopes: ['openid', 'email'], grantTypes: undefined },
    ['openid'],
  ],
  ['it is not an OpenID provider', { openid: false, scopes: undefined, grantTypes: [CODE, REFRESH] }, []],
  [
    'its scopes say that it is not one',
    { openid: true, scopes: ['read', 'write'], grantTypes: [CODE, REFRESH] },
    [],
  ],
  [
    'it is not one, and still lists the scope',
    { openid: false, scopes: ['read', 'offline_access'], grantTypes: undefined },
    ['offline_access'],
  ],
])('the scopes to ask for where %s', (_, metadata, scopes) => {
  expect(usualScopes(metadata)).toEqual(scopes);
});
