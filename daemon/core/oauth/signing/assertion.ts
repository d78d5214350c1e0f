import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { SigilforgeError } from '../../../../shared/errors.js';
import { Secret } from '../../../../shared/secret.js';
import { newId } from '../../platform/id.js';

type RsaAlgorithm = 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512';
type Algorithm = RsaAlgorithm | 'ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'Ed25519';

/** A private key that signs, with its algorithm (RFC 7518, section 3.1; RFC 8037). */
export interface SigningKey {
  readonly key: KeyObject;
  readonly algorithm: Algorithm;
}

export interface AssertionClaims {
  readonly issuer: string;
  readonly subject?: string | undefined;
  readonly audience?: string | undefined;
  readonly scope?: string | undefined;
}

/** Seconds that an assertion counts before and after it is signed. */
interface Life {
  readonly beforeS: number;
  readonly afterS: number;
}

/** Clocks differ: the other side may be this much behind, and GitHub accepts ten minutes in all. */
const LONGEST: Life = { beforeS: 60, afterS: 540 };
/** What RS256 requires (RFC 7518, section 3.3). */
const SHORTEST_RSA_BITS = 2048;

const ALGORITHM_OF_CURVE: Readonly<Record<string, SigningKey['algorithm']>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/** Reads a private key in PEM: PKCS#8, PKCS#1 or SEC1. Throws `invalid_params`. */
export function readSigningKey(pem: Secret): SigningKey {
  return withAlgorithm(parseKey(pem.reveal()));
}

/** The key with the algorithm that it is for, or else the usual one of its kind. Throws `invalid_params`. */
export function withAlgorithm(key: KeyObject, wanted?: string): SigningKey {
  const usual = algorithmOf(key);
  const others: readonly Algorithm[] = usual === 'RS256' ? RSA : usual === 'EdDSA' ? ['Ed25519'] : [];
  const algorithm = [usual, ...others].find((one) => one === (wanted ?? usual));
  if (algorithm !== undefined) return { key, algorithm };
  throw new SigilforgeError('invalid_params', 'This key cannot sign with the algorithm that it names.', {
    hint: `Leave out its alg, or write ${usual}.`,
  });
}

/** What an RSA key can sign with. */
const RSA: readonly RsaAlgorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

/** A signed assertion (RFC 7523, section 3) for one exchange: each has its own id. `now`: milliseconds since 1970. */
export async function signAssertion(
  { key, algorithm }: SigningKey,
  keyId: string | null,
  { issuer, subject, audience, scope }: AssertionClaims,
  now: number,
  { beforeS, afterS }: Life = LONGEST,
): Promise<Secret> {
  const seconds = Math.floor(now / 1000);
  const jwt = new SignJWT(scope === undefined ? {} : { scope })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(keyId === null ? {} : { kid: keyId }) })
    .setIssuer(issuer)
    .setIssuedAt(seconds - beforeS)
    .setExpirationTime(seconds + afterS)
    .setJti(newId());
  if (subject !== undefined) jwt.setSubject(subject);
  if (audience !== undefined) jwt.setAudience(audience);
  return new Secret(await jwt.sign(key));
}

/** OpenSSL's errors may quote what they read, so none of them is passed on. */
function parseKey(pem: string): KeyObject {
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    throw new SigilforgeError('invalid_params', 'The private key is protected by a passphrase.', {
      hint: 'Remove the passphrase (openssl pkey -in KEY -out PLAIN); the vault seals the key.',
    });
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw new SigilforgeError('invalid_params', 'This is not a private key in PEM.', {
      hint: 'A private key begins with -----BEGIN PRIVATE KEY-----, or with the type of the key before PRIVATE.',
    });
  }
}

function algorithmOf({
  asymmetricKeyType: type,
  asymmetricKeyDetails: details,
}: KeyObject): SigningKey['algorithm'] {
  if (type === 'ed25519') return 'EdDSA';
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= SHORTEST_RSA_BITS) return 'RS256';
  const byCurve = type === 'ec' ? ALGORITHM_OF_CURVE[details?.namedCurve ?? ''] : undefined;
  if (byCurve) return byCurve;
  throw new SigilforgeError('invalid_params', 'This kind of key cannot be used to request tokens.', {
    hint: `Use RSA with ${SHORTEST_RSA_BITS} bits or more, P-256, P-384, P-521 or Ed25519.`,
  });
}
