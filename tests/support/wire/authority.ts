import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** A certificate authority that no machine knows, as a company has one. Needs `openssl`. */
export interface Authority {
  /** Its own certificate, as PEM. */
  readonly file: string;
  /** A certificate for a server with this name. `days`: until it expires. */
  issue(name: string, days?: number): KeyPair;
  stop(): Promise<void>;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const [file, key] = [at('authority.pem'), at('authority.key')];
  openssl('req', '-x509', ...NEW_KEY, '-keyout', key, '-out', file, '-subj', '/CN=A test');
  return {
    file,
    issue(name, days = 30) {
      const [own, request, cert] = [at('key'), at('csr'), at('cert')];
      const names = ['-subj', '/CN=server', '-addext', `subjectAltName=DNS:${name}`];
      openssl('req', ...NEW_KEY, '-keyout', own, '-out', request, ...names);
      const signed = ['-CA', file, '-CAkey', key, '-days', `${days}`, '-copy_extensions', 'copy'];
      openssl('x509', '-req', '-in', request, '-out', cert, ...signed);
      return { key: readFileSync(own), cert: readFileSync(cert) };
    },
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
