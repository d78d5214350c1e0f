import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

type PackageManager = 'npm' | 'npm, globally' | 'pnpm' | 'yarn';

/** What is wrong with the driver: it is not there, or it is there without a binary that this Node can load. */
type Fault = 'missing' | 'unbuilt';

/** Where no binary fits, as on Node 20, the driver is built at install time, and left out without a word if that fails. */
const AGAIN =
  'Install again with this Node, optional packages included (on Node 20 with Python, make and a C++ compiler)';

const MISSING: Record<PackageManager, string> = {
  npm: `${AGAIN}: npm install --include=optional`,
  'npm, globally': `${AGAIN}: npm install --global --include=optional sigilforge`,
  pnpm: `${AGAIN}: pnpm install --force`,
  yarn: 'Install again with this Node: yarn install',
};

/** Each of them runs a package's build script only where it was allowed to. */
const UNBUILT: Record<PackageManager, (name: string) => string> = {
  npm: (name) => `Build it for this Node: npm rebuild --ignore-scripts=false ${name}`,
  'npm, globally': (name) => `Build it for this Node: npm rebuild --global --ignore-scripts=false ${name}`,
  pnpm: () => 'Allow its build script and run it: pnpm approve-builds better-sqlite3',
  yarn: () =>
    'Allow its build script with "dependenciesMeta": {"better-sqlite3": {"built": true}} in package.json, then: yarn rebuild better-sqlite3',
};

/** What to do about a driver without its binary, as the package manager that installed it has it. */
export function cureFor(fault: Fault, name: string, folder?: string): string {
  const manager = packageManager();
  if (fault === 'missing') return MISSING[manager];
  // Versions from 13 on have no build script: their binaries are in the package, for the usual platforms.
  if (folder !== undefined && name === 'better-sqlite3') {
    return `Build it with python3, make and a C++ compiler: cd ${folder} && npx node-gyp rebuild --release --force_build=1`;
  }
  return UNBUILT[manager](name);
}

/** Which package manager installed this package: each leaves a file of its own in `node_modules`. */
export function packageManager(from = fileURLToPath(import.meta.url)): PackageManager {
  if (process.versions['pnp'] !== undefined) return 'yarn';
  const roots = modulesFolders(from);
  const has = (name: string) => roots.some((folder) => existsSync(path.join(folder, name)));
  if (has('.modules.yaml') || from.includes(`${path.sep}.pnpm${path.sep}`)) return 'pnpm';
  if (has('.yarn-state.yml') || has('.yarn-integrity')) return 'yarn';
  const outermost = roots.at(-1);
  const isGlobal = outermost !== undefined && !existsSync(path.join(outermost, '..', 'package.json'));
  return isGlobal ? 'npm, globally' : 'npm';
}

/** Every folder `node_modules` above a file, the innermost first. */
function modulesFolders(file: string): string[] {
  const parts = path.dirname(file).split(path.sep);
  return parts
    .map((part, index) => (part === 'node_modules' ? parts.slice(0, index + 1).join(path.sep) : undefined))
    .filter((folder) => folder !== undefined)
    .reverse();
}
