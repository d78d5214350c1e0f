import { randomBytes } from 'node:crypto';
import { parse } from '../../../../shared/validate.js';
import { Argon2Params, argon2id } from './argon2.js';

/** More than the Password Storage Cheat Sheet of OWASP asks for (19 MiB and two passes); a tenth of a second or so. */
export function newPasswordParams(): Argon2Params {
  return {
    algorithm: 'argon2id',
    memory_kib: 64 * 1024,
    passes: 3,
    parallelism: 1,
    salt: randomBytes(16).toString('base64'),
  };
}

/** The key that a password makes. The same text typed on another keyboard is the same password. */
export function passwordKey(password: string, params: Argon2Params): Promise<Buffer> {
  return argon2id(Buffer.from(password.normalize('NFC')), params);
}

/** Parameters as they were stored. Throws `integrity`. */
export function readPasswordParams(params: unknown, subject: string): Argon2Params {
  return parse(Argon2Params, params, subject, 'integrity');
}
