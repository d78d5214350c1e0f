import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { errnoOf } from '../../../shared/errno.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { HttpFailure } from '../../core/oauth/http/failure.js';
import { exemptions, type HttpProxy, hostOf, namedProxy, portOf } from '../../core/oauth/http/proxy.js';
import { trustFor } from '../../core/oauth/http/trust.js';
import { authorizationOf } from '../../core/oauth/http/tunnel.js';
import { type Check, type Finding, fault, ok, warning } from '../check.js';
import type { Patient } from '../patient.js';
import { withoutStop } from '../words.js';

const PROXY_LIMIT_MS = 4_000;
/** A name that no server has (RFC 6761): every proxy answers to it, with a refusal. */
const NOWHERE = 'sigilforge.invalid:443';
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

const CORRECT_PROXY =
  'Correct HTTPS_PROXY, or name another one in config.toml, or none: [network] proxy = "none"';

export const network: Check = {
  name: 'network',
  async run(patient) {
    const config = patient.config();
    if (config instanceof SigilforgeError) return [];
    const { proxy, ca_file: caFile } = config.network;
    const found = [
      ...(await proxyFindings(patient, { proxy, caFile })),
      ...(caFile === undefined ? [] : caFindings(caFile, patient)),
      ...['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'].flatMap((name) => variableFindings(name, patient)),
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
    const name = `The proxy ${proxy.name} ${source}`;
    const refusal = await refusalOf(proxy, caFile, env);
    if (refusal) return [fault(`${name} ${refusal}.`, CORRECT_PROXY)];
    const exempt = exemptions(env);
    return [ok(`${name} answers${exempt === '' ? '' : `; without it are reached: ${exempt}`}.`)];
  } catch (thrown) {
    return [failed(thrown, CORRECT_PROXY)];
  }
}

/** What keeps the proxy from being used, or `undefined`: for a name that is nowhere, a refusal is the right answer. */
function refusalOf(
  { url }: HttpProxy,
  caFile: string | undefined,
  env: Patient['env'],
): Promise<string | undefined> {
  const isTls = url.protocol === 'https:';
  const request = (isTls ? https : http).request({
    ...{ host: hostOf(url), port: portOf(url), method: 'CONNECT', path: NOWHERE },
    ...{ agent: false, timeout: PROXY_LIMIT_MS, headers: { host: NOWHERE, ...authorizationOf(url) } },
    ...(isTls && { rejectUnauthorized: true, secureContext: trustFor(caFile, env) }),
  });
  return new Promise((resolve) => {
    const limit = setTimeout(() => request.destroy(new Error('late')), PROXY_LIMIT_MS);
    const end = (refusal?: string): void => {
      clearTimeout(limit);
      request.destroy();
      resolve(refusal);
    };
    request.once('connect', ({ statusCode }, socket) => {
      socket.destroy();
      end(statusCode === 407 ? unauthorized(url) : undefined);
    });
    request.on('timeout', () => request.destroy(new Error('late')));
    request.on('error', (thrown) => end(unanswered(thrown)));
    request.end();
  });
}

function unauthorized({ username }: URL): string {
  return username === '' ? 'wants a user name and a password' : 'refuses its user name and password';
}

function unanswered(thrown: Error): string {
  const code = errnoOf(thrown);
  if (code === undefined) return 'does not answer';
  return code === 'ECONNREFUSED' ? 'refuses connections' : `cannot be reached (${code})`;
}

function caFindings(caFile: string, { env }: Patient): Finding[] {
  try {
    trustFor(caFile, env);
    return [ok(`Besides the usual certificates, those in ${caFile} are trusted (ca_file).`)];
  } catch (thrown) {
    return [failed(thrown, 'Correct ca_file under [network] in config.toml.')];
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
  if (thrown instanceof HttpFailure) return fault(`${withoutStop(thrown.message)}.`, thrown.hint ?? cure);
  const { message, hint } = asSigilforgeError(thrown);
  return fault(message, hint);
}
