import { type AwsRole, stsEndpoint } from '../../../shared/aws-definition.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import { judgeHttpFailure } from '../oauth/failures/failure.js';
import { HttpFailure } from '../oauth/http/failure.js';
import type { HttpAnswer, HttpClient } from '../oauth/http/http.js';
import { type RoleCredentials, readRefusal, readRoleCredentials } from './sts-answer.js';

/** Refusals of the token itself: another one may be taken. */
const ABOUT_TOKEN: ReadonlySet<string> = new Set([
  'ExpiredTokenException',
  'ExpiredToken',
  'InvalidIdentityToken',
]);

/** The credentials of the role, or `rejected` if STS does not take this token. Throws for every other refusal. */
export async function assumeRole(
  http: HttpClient,
  role: AwsRole,
  token: Secret,
): Promise<RoleCredentials | { readonly rejected: SigilforgeError }> {
  const answer = await send(http, role, token);
  const text = answer.body.toString('utf8');
  const credentials = answer.status === 200 ? readRoleCredentials(text) : undefined;
  if (credentials) return credentials;
  const code = readRefusal(text);
  const error = code === undefined ? unreadable(role, answer) : refused(role, code);
  if (code !== undefined && ABOUT_TOKEN.has(code)) return { rejected: error };
  throw error;
}

async function send(http: HttpClient, role: AwsRole, token: Secret): Promise<HttpAnswer> {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role.role_arn,
    RoleSessionName: role.session_name,
    WebIdentityToken: token.reveal(),
  });
  if (role.duration_s !== undefined) form.set('DurationSeconds', String(role.duration_s));
  const headers = { accept: 'text/xml', 'content-type': 'application/x-www-form-urlencoded' };
  try {
    const answer = await http(stsEndpoint(role), { method: 'POST', headers, body: form.toString() });
    if ('failure' in answer) throw answer.failure;
    return answer;
  } catch (thrown) {
    if (!(thrown instanceof HttpFailure)) throw thrown;
    const { kind, message, hint } = judgeHttpFailure(thrown).signInError;
    throw new SigilforgeError(kind, message, { hint, cause: thrown });
  }
}

function refused(role: AwsRole, code: string): SigilforgeError {
  return new SigilforgeError('refresh_failed', `${stsEndpoint(role).host} refused the role: ${code}.`, {
    hint: `Check the role's trust policy in IAM, and the definition with: sigilforge secret get aws/NAME`,
  });
}

function unreadable(role: AwsRole, { status }: HttpAnswer): SigilforgeError {
  const sentence = `${stsEndpoint(role).host} answered with status ${status}, without credentials.`;
  return new SigilforgeError('refresh_failed', sentence, {
    hint: 'Try again later. If it stays so, check the endpoint and the region of the definition.',
  });
}
