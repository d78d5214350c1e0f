import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../../shared/errno.js';
import type { Environment } from '../../shared/paths.js';
import { endsWithItsVersion } from '../../shared/service/installed.js';

/** What a shim may take to say which Node it starts. */
const SHIM_MS = 10_000;

/**
 * A path by which a file is found after an upgrade too. That of a version manager has the version in it, and is gone with
 * it; a link such as `/opt/homebrew/bin/node` or fnm's `aliases/default` leads to the next one. The file itself if there is none.
 */
export async function lastingNode(
  node: string = process.execPath,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  if (!endsWithItsVersion(node)) return node;
  const candidates = [...inPath(env, path.basename(node)), ...knownLinks(node)].filter(
    (file) => !endsWithItsVersion(file),
  );
  const link = candidates.find((file) => leadsTo(file, node));
  if (link !== undefined) return link;
  for (const file of candidates) if (await becomes(file, node, env)) return file;
  return node;
}

/** The same for the daemon's program: the link in PATH that npm made, or the folder that is pnpm's link. */
export function lastingProgram(program: string, env: Environment = process.env): string {
  if (!endsWithItsVersion(program)) return program;
  const [before = '', inPackage] = program.split(/\/\.pnpm\/.*\/node_modules(?=\/)/);
  const linked =
    inPackage === undefined ? [] : [before, `${before}/node_modules`].map((top) => top + inPackage);
  return (
    [...linked, ...inPath(env, 'sigilforged')].find(
      (file) => !endsWithItsVersion(file) && leadsTo(file, program),
    ) ?? program
  );
}

function inPath(env: Environment, name: string): string[] {
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return folders.map((folder) => path.join(folder, name));
}

/** Links of version managers that need not be in PATH: of fnm, nvm, mise, snap and Homebrew. */
function knownLinks(node: string): string[] {
  const cut = (pattern: RegExp, instead: string) =>
    pattern.test(node) ? [node.replace(pattern, instead)] : [];
  return [
    ...cut(/\/node-versions\/[^/]+\/installation\//, '/aliases/default/'),
    ...cut(/\/\.nvm\/versions\/node\/[^/]+\//, '/.nvm/current/'),
    ...cut(/\/installs\/node\/[^/]+\//, '/installs/node/latest/'),
    ...cut(/\/snap\/node\/[^/]+\//, '/snap/node/current/'),
    ...cut(/\/Cellar\/([^/]+)\/[^/]+\//, '/opt/$1/'),
  ];
}

function leadsTo(link: string, file: string): boolean {
  try {
    return realpathSync(link) === realpathSync(file);
  } catch (thrown) {
    if (errnoOf(thrown) !== undefined) return false;
    throw thrown;
  }
}

/**
 * Whether a program, such as the shim of asdf, becomes this Node where a service starts it: by exec(2), because a
 * manager gives the socket only to the process that it has started. That of Volta starts another process.
 */
function becomes(shim: string, node: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    const ask = ['-p', 'process.pid + " " + process.execPath'];
    const options = { cwd: '/', env, timeout: SHIM_MS, killSignal: 'SIGKILL' } as const;
    const child = execFile(shim, ask, options, (error, stdout) => {
      const [pid, started = ''] = stdout.trim().split(/ (.*)/);
      resolve(error === null && pid === String(child.pid) && leadsTo(started, node));
    });
  });
}
