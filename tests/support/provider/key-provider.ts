/**
 * Two providers that mint tokens for every client that signs with a key that they know: a token endpoint as RFC 7523 has it, with
 * Google's answers, and GitHub's installation tokens. Signature, audience and times are checked by node:crypto alone.
 */
import { type KeyObject, verify } from 'node:crypto';
import {
  type FakeAnswer,
  type FakeProvider,
  type ReceivedRequest,
  startFakeProvider,
} from './fake-provider.js';

export const INSTALLATION = '34';
export const APP = '12';
const LONGEST_S = { jwt: 3600, github: 600 };

const ALGORITHMS: Readonly<Record<string, string>> = { rsa: 'RS256', ec: 'ES256', ed25519: 'EdDSA' };

interface Assertion {
  readonly text: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface KeyProvider extends FakeProvider {
  /** Its token endpoint, which every assertion has to name: another one where a proxy stands before it. */
  tokenUri: string;
  /** Every assertion whose signature and times were right, oldest first. */
  readonly accepted: readonly Assertion[];
  /** The installation's narrowing of each token, as it was asked for. */
  readonly narrowed: readonly unknown[];
  /** Tokens that were given back. */
  readonly revoked: readonly string[];
  /** The key that it knows from now on. */
  know(key: KeyObject): void;
  /** How far its clock is ahead of this machine's, in seconds. */
  skewS: number;
  /** How long its tokens live, in seconds. */
  lifetimeS: number;
}

export async function startKeyProvider(key: KeyObject): Promise<KeyProvider> {
  const provider = await startFakeProvider();
  const accepted: Assertion[] = [];
  const narrowed: unknown[] = [];
  const revoked: string[] = [];
  let known = key;

  const state: KeyProvider = {
    ...provider,
    received: provider.received,
    tokenUri: `${provider.url}/token`,
    accepted,
    narrowed,
    revoked,
    know: (other) => {
      known = other;
    },
    skewS: 0,
    lifetimeS: 3600,
  };
  const nowS = (): number => Math.floor(Date.now() / 1000) + state.skewS;
  const dated = (answer: FakeAnswer): FakeAnswer => ({
    ...answer,
    headers: { date: new Date(nowS() * 1000).toUTCString() },
  });
  const fault = (text: string, longestS: number): string | undefined => {
    const { header, claims } = decode(text);
    if (!isSigned(text, String(header['alg']), known)) return 'Invalid JWT Signature.';
    const [iat, exp] = [Number(claims['iat']), Number(claims['exp'])];
    if (!(iat <= nowS() && nowS() < exp && exp <= nowS() + longestS && exp - iat <= longestS)) {
      return 'Invalid JWT: it must be short-lived and in a reasonable timeframe.';
    }
    if (accepted.some((other) => other.claims['jti'] === claims['jti'])) return 'This jti was used.';
    return undefined;
  };

  provider.route('POST /token', ({ form }) => {
    const text = form['assertion'] ?? '';
    const refuse = (error: string, error_description: string) =>
      dated({ status: 400, body: { error, error_description } });
    if (form['grant_type'] !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
      return refuse('unsupported_grant_type', 'Another grant type.');
    }
    const wrong = fault(text, LONGEST_S.jwt);
    if (wrong !== undefined) return refuse('invalid_grant', wrong);
    const assertion = decode(text);
    if (assertion.claims['aud'] !== state.tokenUri) return refuse('invalid_grant', 'Invalid JWT: audience.');
    accepted.push(assertion);
    const access_token = `ya29.${accepted.length}`;
    return dated({ body: { access_token, token_type: 'Bearer', expires_in: state.lifetimeS } });
  });

  provider.route(`POST /api/v3/app/installations/${INSTALLATION}/access_tokens`, (request) => {
    const refuse = (status: number, message: string) =>
      dated({ status, body: { message, status: `${status}` } });
    const text = bearerOf(request);
    if (request.headers.accept !== 'application/vnd.github+json')
      return refuse(415, 'Unsupported media type');
    const wrong = fault(text, LONGEST_S.github);
    if (wrong !== undefined) return refuse(401, wrong);
    const assertion = decode(text);
    if (assertion.claims['iss'] !== APP) return refuse(401, 'Integration not found');
    const asked = request.json as { permissions?: Record<string, string>; repositories?: string[] };
    if (asked.permissions?.['administration']) {
      return refuse(422, 'The permissions requested are not granted to this installation.');
    }
    accepted.push(assertion);
    narrowed.push(asked);
    const expires_at = new Date((nowS() + state.lifetimeS) * 1000).toISOString().replace('.000', '');
    const permissions = asked.permissions ?? { metadata: 'read', contents: 'write' };
    return dated({ status: 201, body: { token: `ghs_${accepted.length}`, expires_at, permissions } });
  });

  provider.route('DELETE /api/v3/installation/token', (request) => {
    revoked.push(bearerOf(request));
    return { status: 204 };
  });
  return state;
}

function bearerOf({ headers }: ReceivedRequest): string {
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

function decode(text: string): Assertion {
  const [header = '', claims = ''] = text.split('.');
  const read = (part: string) =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  return { text, header: read(header), claims: read(claims) };
}

/** By the algorithm of the key that is known, never by what the assertion says of itself alone. */
function isSigned(text: string, algorithm: string, key: KeyObject): boolean {
  const expected = ALGORITHMS[key.asymmetricKeyType ?? ''];
  const [header, claims, signature = ''] = text.split('.');
  const digest = algorithm === 'EdDSA' ? null : 'sha256';
  const options = { key, dsaEncoding: 'ieee-p1363' } as const;
  const signed = verify(
    digest,
    Buffer.from(`${header}.${claims}`),
    options,
    Buffer.from(signature, 'base64url'),
  );
  return algorithm === expected && signed;
}
