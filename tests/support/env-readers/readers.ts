import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import dotenv from 'dotenv';

/** The variables of an env file as a reader understands it. `null` is a name without a value. */
export type Reading = Readonly<Record<string, string | null>> | 'fault';

/** Both of dotenv's parsers. */
export function readAsDotenv(text: string): { usual: Reading; fast: Reading } {
  return { usual: dotenv.parse(text), fast: dotenv.parse(text, { fast: true }) };
}

/** The Python that has the package, Debian's where another one comes first. */
const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import dotenv.main']).status === 0,
);
export const hasPythonDotenv = python !== undefined;

/** What python-dotenv reads in each text, from a file. */
export function readAsPythonDotenv(texts: readonly string[]): Reading[] {
  const program = fileURLToPath(new URL('read.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(python ?? 'python3', [program], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    env: { PYTHONIOENCODING: 'utf-8' },
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Reading[];
}
