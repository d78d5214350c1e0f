import { readFileSync } from 'node:fs';
import tls, { createSecureContext, type SecureContext } from 'node:tls';
import { errnoOf } from '../../../../shared/errno.js';
import { SigilforgeError } from '../../../../shared/errors.js';
import { assertUnchangeable } from '../../../../shared/ownership.js';
import type { Environment } from '../../../../shared/paths.js';
import { notSent } from './failure.js';

/** Node 22.15 and later have it; the types here are those of Node 20. */
const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };

/**
 * Whom to trust for a connection: the authorities that Node knows and those of NODE_EXTRA_CA_CERTS, and besides those of
 * `caFile` or else of SSL_CERT_FILE. The file is read for each connection, so a new one counts at once.
 */
export function trustFor(caFile: string | undefined, env: Environment): SecureContext | undefined {
  const additional = caFile === undefined ? readIfThere(env['SSL_CERT_FILE']) : read(caFile);
  if (additional === undefined) return undefined;
  try {
    return createSecureContext({ ca: [...usual(env), additional] });
  } catch (cause) {
    throw notSent(`The certificates in ${caFile ?? 'the file of SSL_CERT_FILE'} cannot be read.`, {
      hint: 'It must hold certificates as PEM: -----BEGIN CERTIFICATE----- and so on.',
      cause,
    });
  }
}

/** What Node trusts by itself, which it leaves out as soon as it is given anything. */
function usual(env: Environment): string[] {
  if (getCACertificates) return getCACertificates('default');
  const extra = readIfThere(env['NODE_EXTRA_CA_CERTS']);
  return [...tls.rootCertificates, ...(extra === undefined ? [] : [extra])];
}

/** A variable of the environment may name a file that is for other programs: without it, Node's own have to do. */
function readIfThere(file: string | undefined): string | undefined {
  if (!file) return undefined;
  try {
    return certificatesIn(file);
  } catch {
    return undefined;
  }
}

function read(file: string): string {
  const more = { hint: 'Correct ca_file under [network] in config.toml.' };
  try {
    assertUnchangeable(file);
    const certificates = certificatesIn(file);
    if (certificates !== undefined) return certificates;
  } catch (cause) {
    if (cause instanceof SigilforgeError) throw notSent(cause.message, { hint: cause.hint, cause });
    throw notSent(`The file ${file} of ca_file cannot be read (${errnoOf(cause) ?? 'error'}).`, {
      ...more,
      cause,
    });
  }
  throw notSent(`The file ${file} of ca_file has no certificate in it.`, more);
}

/** PEM (RFC 7468); `undefined` if there is none. */
function certificatesIn(file: string): string | undefined {
  const text = readFileSync(file, 'latin1');
  return /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(text) ? text : undefined;
}
