import { randomBytes } from 'node:crypto';
import { parse } from '../../../../shared/validate.js';
import { Argon2Params, argon2id } from './argon2.js';

/** More than OWASP's Password Storage Cheat Sheet requires (19 MiB and two passes); about a tenth of a second. */
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

/** Stored parameters. Throws `integrity`, naming `subject`, if they are damaged. */
export function readPasswordParams(params: unknown, subject: string): Argon2Params {
  return parse(Argon2Params, params, subject, 'integrity');
}
