import { readFileSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import { buildIfOld } from './fresh.js';
import { ROOT, SETTINGS } from './settings.js';

/**
 * Runs the CLI from its sources: `npm run dev -- ARGS`. The library in this process (`--direct`) is run from source too.
 * The daemon and the keychain's process are always the programs in `dist`, which are built first if they are old.
 */
async function main(): Promise<void> {
  await buildIfOld();
  readAsText(Object.keys(SETTINGS.loader));
  process.chdir(process.env['INIT_CWD'] ?? process.cwd());
  process.argv[1] = path.join(ROOT, 'cli/main.ts');
  await import('../../cli/main.js');
}

/** What esbuild's loader does in the bundles: importing such a file gives its text. */
function readAsText(endings: readonly string[]): void {
  const { _extensions: extensions } = Module as unknown as {
    _extensions: Record<string, (module: NodeJS.Module, file: string) => void>;
  };
  for (const ending of endings) {
    extensions[ending] = (module, file) => {
      module.exports = { __esModule: true, default: readFileSync(file, 'utf8') };
    };
  }
}

void main();
