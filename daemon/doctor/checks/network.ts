import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import { errnoOf } from '../../../shared/errno.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { HttpFailure, notSent } from '../../core/oauth/http/failure.js';
import { exemptions, type HttpProxy, hostOf, namedProxy, portOf } from '../../core/oauth/http/proxy.js';
import { notConnected } from '../../core/oauth/http/reasons.js';
import { trustFor } from '../../core/oauth/http/trust.js';
import { authorizationOf } from '../../core/oauth/http/tunnel.js';
import { broken, type Check, type Finding, ok, warning } from '../check.js';
import type { Patient } from '../patient.js';
import { capitalized, withoutStop } from '../words.js';

const PROXY_LIMIT_MS = 4_000;
/** A name that no server has (RFC 6761): every proxy answers to it, with a refusal. */
const NOWHERE = 'sigilforge.invalid:443';
const PEM = /-----BEGIN (?:X509 )?CERTIFICATE-----[^-]+-----END (?:X509 )?CERTIFICATE-----/g;

const CORRECT_PROXY =
  'Correct HTTPS_PROXY, or name another one in config.toml, or none: [network] proxy = "none"';

const CORRECT_CA_FILE = 'Correct ca_file under [network] in config.toml.';

export const network: Check = {
  name: 'network',
  async run(patient) {
    const config = patient.config();
    if (config instanceof SigilforgeError) return [];
    const { proxy, ca_file: caFile } = config.network;
    const found = [
      ...(await proxyFindings(patient, { proxy, caFile })),
      ...(caFile === undefined ? [] : caFindings(caFile, patient)),
      // ca_file takes the place of the first of them.
      ...(caFile === undefined ? variableFindings('SSL_CERT_FILE', patient) : []),
      ...variableFindings('NODE_EXTRA_CA_CERTS', patient),
    ];
    return found.length > 0
      ? found
      : [ok('Providers are reached without a proxy, and by usual certificates.')];
  },
};

async function proxyFindings(
  { env }: Patient,
  { proxy: configured, caFile }: { readonly proxy: string | undefined; readonly caFile: string | undefined },
): Promise<Finding[]> {
  try {
    const proxy = namedProxy(configured, env);
    if (proxy === undefined) return [];
    const source = configured === undefined ? 'of the environment' : 'of config.toml';
    const name = `the proxy ${proxy.name} ${source}`;
    const trust = proxy.url.protocol === 'https:' ? trustFor(caFile, env) : undefined;
    await ask(proxy, { name, trust });
    const exempt = exemptions(env);
    const answers = capitalized(`${name} answers`);
    return [ok(`${answers}${exempt === '' ? '' : `; without it are reached: ${exempt}`}.`)];
  } catch (thrown) {
    return [failed(thrown, CORRECT_PROXY)];
  }
}

interface Way {
  /** As failures name it. */
  readonly name: string;
  readonly trust: SecureContext | undefined;
}

/** Has the proxy answer anything at all: for a name that is nowhere, a refusal is the right answer. Fails with `HttpFailure`. */
function ask({ url }: HttpProxy, { name, trust }: Way): Promise<void> {
  const host = hostOf(url);
  const request = (url.protocol === 'https:' ? https : http).request({
    ...{ host, port: portOf(url), servername: isIP(host) ? '' : host, agent: false },
    ...{ method: 'CONNECT', path: NOWHERE, headers: { host: NOWHERE, ...authorizationOf(url) } },
    ...(trust && { secureContext: trust }),
    rejectUnauthorized: true,
  });
  return new Promise<void>((resolve, reject) => {
    const late = (): void => reject(notSent(capitalized(`${name} does not answer.`), { timedOut: true }));
    const limit = setTimeout(late, PROXY_LIMIT_MS);
    request.once('connect', ({ statusCode }, socket) => {
      socket.destroy();
      if (statusCode === 407) reject(notSent(capitalized(`${name} ${unauthorized(url)}.`)));
      else resolve();
    });
    request.on('error', (cause) => reject(notConnected(name, cause)));
    request.once('close', () => clearTimeout(limit));
    request.end();
  }).finally(() => request.destroy());
}

function unauthorized({ username }: URL): string {
  return username === '' ? 'wants a user name and a password' : 'refuses its user name and password';
}

function caFindings(caFile: string, { env }: Patient): Finding[] {
  try {
    trustFor(caFile, env);
    // OpenSSL passes over what it cannot read.
    const why = unreadable(caFile);
    if (why !== undefined) return [broken(`ca_file names ${caFile}, ${why}.`, CORRECT_CA_FILE)];
    return [ok(`Besides the usual certificates, those in ${caFile} are trusted (ca_file).`)];
  } catch (thrown) {
    return [failed(thrown, CORRECT_CA_FILE)];
  }
}

/** What a variable names is left out in silence if it cannot be read: it may be for other programs. */
function variableFindings(name: string, { env }: Patient): Finding[] {
  const file = env[name];
  if (!file) return [];
  const why = unreadable(file);
  if (why === undefined) return [ok(`Certificates in ${file} are trusted too (${name}).`)];
  return [
    warning(`${name} names ${file}, ${why}: it is left out.`, `Correct it, or take it away: unset ${name}`),
  ];
}

function unreadable(file: string): string | undefined {
  try {
    const certificates = fs.readFileSync(file, 'latin1').match(PEM) ?? [];
    for (const pem of certificates) new X509Certificate(pem);
    return certificates.length === 0 ? 'which has no certificate in it' : undefined;
  } catch (thrown) {
    const code = errnoOf(thrown);
    return code?.startsWith('E') && !code.startsWith('ERR_')
      ? `which cannot be read (${code})`
      : 'whose certificates cannot be read';
  }
}

function failed(thrown: unknown, cure: string): Finding {
  if (thrown instanceof HttpFailure) return broken(`${withoutStop(thrown.message)}.`, thrown.hint ?? cure);
  const { message, hint } = asSigilforgeError(thrown);
  return broken(message, hint);
}
