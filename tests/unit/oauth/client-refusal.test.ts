import { expect, test } from 'vitest';
import { readTokenAnswer } from '../../../daemon/core/oauth/answers/token-answer.js';
import { clientRefusal } from '../../../daemon/core/oauth/failures/client-refusal.js';
import { answerOf, clientOf } from '../../support/provider/oauth-clients.js';

function refusalIn(status: number, body: string | object) {
  const answer = answerOf(body, status);
  const read = readTokenAnswer(answer, clientOf('example'), Date.now());
  return clientRefusal(answer, read.kind === 'error' ? read.error : undefined);
}

test.each<[status: number, body: string | object, refusal: 'surely' | 'maybe' | undefined]>([
  [401, '', 'surely'],
  [401, '<h1>Unauthorized</h1>', 'surely'],
  [401, { error: 'Unauthorized' }, 'surely'],
  [400, { error: 'invalid_client' }, 'surely'],
  [403, { error: 'Invalid_Client' }, 'surely'],
  [
    400,
    { error: 'unauthorized_client', error_description: 'AADSTS7000215: Invalid client secret' },
    'surely',
  ],
  [400, { error: 'unauthorized_client' }, 'maybe'],
  [400, { error: 'invalid_request', error_description: 'client_id is required' }, 'maybe'],
  // What is about the grant or the request is not about the client, whatever its status is.
  [401, { error: 'invalid_grant' }, undefined],
  [401, { error: 'Unauthorized', message: 'Invalid refresh token' }, undefined],
  [401, { error: 'unauthorized', error_description: 'The authorization code has expired' }, undefined],
  [401, { message: 'Token was revoked' }, undefined],
  [401, { error: 'use_dpop_nonce' }, undefined],
  [400, { error: 'invalid_grant', error_description: 'code was issued to another client_id' }, undefined],
  [400, { error: 'invalid_request', error_description: 'code is missing' }, undefined],
  [429, { error: 'unauthorized_client' }, undefined],
  [503, { error: 'unauthorized_client' }, undefined],
  [500, '', undefined],
  [400, '', undefined],
])('status %i with %j: %s', (status, body, refusal) => {
  expect(refusalIn(status, body)).toBe(refusal);
});
