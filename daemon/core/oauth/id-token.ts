import * as oauth from 'oauth4webapi';
import { errnoOf } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { libraryClient, libraryServer } from './adapter.js';
import type { ClientRegistration } from './client.js';
import type { Tokens } from './token-answer.js';

/**
 * Checks the ID token that came with a sign-in, if there is one: another issuer or audience means that the answer is not
 * for us (OpenID Connect Core 1.0, section 3.1.3.7). Nothing else in the answer is judged here.
 */
export async function judgeIdToken(registration: ClientRegistration, tokens: Tokens): Promise<void> {
  if (!tokens.idToken || registration.issuer === null || registration.quirks.includes('issuer_varies'))
    return;
  const answer = { access_token: 'x', token_type: 'bearer', id_token: tokens.idToken.reveal() };
  try {
    await oauth.processAuthorizationCodeResponse(
      libraryServer(registration),
      libraryClient(registration),
      Response.json(answer),
    );
  } catch (thrown) {
    const code = errnoOf(thrown);
    throw new SigilforgeError(
      'refresh_failed',
      `The ID token from ${registration.name} is not for this sign-in${code ? ` (${code})` : ''}.`,
    );
  }
}
