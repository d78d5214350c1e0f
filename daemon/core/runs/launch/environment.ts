import type { Environment } from '../../../../shared/paths.js';
import type { Secret } from '../../../../shared/secret.js';

/** By this variable the processes of a run are found, whatever became of their parents. */
export const MARKER = 'SIGILFORGE_RUN';

/** What a program gets of the daemon's environment. */
const PASSED = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'TZ',
  // The same network as the daemon's.
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'SYSTEMROOT',
]);

interface Surroundings {
  readonly runId: string;
  readonly folder: string;
  /** Of its manifest, by name. */
  readonly variables: ReadonlyMap<string, Secret>;
  /** Where its door is. */
  readonly door: Readonly<Record<string, string>>;
}

/** The whole environment of a run. */
export function environmentOf(
  { runId, folder, variables, door }: Surroundings,
  env: Environment = process.env,
): Record<string, string> {
  const passed = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && isPassed(name.toUpperCase()) ? [[name, value] as const] : [],
  );
  return {
    ...Object.fromEntries(passed),
    ...Object.fromEntries([...variables].map(([name, value]) => [name, value.reveal()])),
    ...door,
    TMPDIR: folder,
    PYTHONDONTWRITEBYTECODE: '1',
    [MARKER]: runId,
  };
}

function isPassed(name: string): boolean {
  return PASSED.has(name) || name.startsWith('LC_');
}
