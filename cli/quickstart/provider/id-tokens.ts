import { generateKeyPairSync, sign } from 'node:crypto';

/** Signs ID tokens (OpenID Connect Core 1.0) with a key of its own, which is gone with the process. */
export class IdTokens {
  readonly #key = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  keys(): object {
    const jwk = this.#key.publicKey.export({ format: 'jwk' });
    return { keys: [{ ...jwk, kid: 'demo', alg: 'ES256', use: 'sig' }] };
  }

  signed(claims: object): string {
    const parts = [{ alg: 'ES256', kid: 'demo', typ: 'JWT' }, claims];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const key = { key: this.#key.privateKey, dsaEncoding: 'ieee-p1363' } as const;
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  }
}
