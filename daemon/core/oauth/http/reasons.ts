import { errnoOf } from '../../../../shared/errno.js';
import { type HttpFailure, notSent } from './failure.js';

/** A sentence about a host, and what helps. */
interface Reason {
  readonly sentence: (host: string) => string;
  readonly hint?: string;
}

const TRUST =
  'If you know whose it is, name the file with the certificate of its authority in config.toml: [network] ca_file = "/path/to/authority.pem"';

const unknownAuthority: Reason = {
  sentence: (host) => `The certificate of ${host} is from an authority that is not known here.`,
  hint: `A company network that reads along uses one of its own. ${TRUST}`,
};
const withoutTls: Reason = {
  sentence: (host) => `${host} does not speak TLS.`,
  hint: 'Check the address and its port: sigilforge provider show ID. A proxy is named by http:// if it is reached without TLS.',
};
const otherTls: Reason = {
  sentence: (host) => `${host} speaks no version of TLS that is safe.`,
  hint: 'The operator of the server must allow TLS 1.2 or later.',
};
const clock =
  'Check the clock of this machine. If it is right, the operator of the server must renew the certificate.';

/** By the codes of system calls, of OpenSSL (X509_STORE_CTX_get_error(3)) and of Node. */
const REASONS: Readonly<Record<string, Reason>> = {
  ENOTFOUND: { sentence: (host) => `No address is known for ${host}.` },
  EAI_AGAIN: { sentence: (host) => `No address is known for ${host}.` },
  ECONNREFUSED: { sentence: (host) => `${host} refused the connection.` },
  ECONNRESET: { sentence: (host) => `${host} closed the connection.` },
  EPIPE: { sentence: (host) => `${host} closed the connection.` },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    sentence: (host) => `The certificate of ${host} is signed by itself, and is not known here.`,
    hint: TRUST,
  },
  CERT_HAS_EXPIRED: { sentence: (host) => `The certificate of ${host} has expired.`, hint: clock },
  CERT_NOT_YET_VALID: { sentence: (host) => `The certificate of ${host} is not valid yet.`, hint: clock },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    sentence: (host) => `The certificate of ${host} is for another name.`,
    hint: 'Check the address: sigilforge provider show ID. If this network has a page to sign in to, sign in there first. A ca_file does not help here.',
  },
  ERR_SSL_WRONG_VERSION_NUMBER: withoutTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: withoutTls,
  EPROTO: withoutTls,
  ERR_SSL_UNSUPPORTED_PROTOCOL: otherTls,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: otherTls,
};

/** Why there is no connection to `host`, so that nothing was sent to it. `host` may be words. */
export function notConnected(host: string, cause?: Error): HttpFailure {
  const code = errnoOf(cause) ?? 'ECONNRESET';
  const { sentence, hint } = REASONS[code] ?? other(code);
  return notSent(sentence(host).replace(/^the /, 'The '), { hint, cause });
}

function other(code: string): Reason {
  if (!code.includes('CERT')) return { sentence: (host) => `${host} cannot be reached (${code}).` };
  return { sentence: (host) => `The certificate of ${host} was refused (${code}).`, hint: TRUST };
}
