import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';
import packageJson from '../../package.json' with { type: 'json' };

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What every bundle of this project has in common, those of test programs included. */
export const SETTINGS = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20',
  loader: { '.sql': 'text', '.bash': 'text', '.zsh': 'text', '.fish': 'text' },
  external: ['sigilforge', ...nativeOrLate()],
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** CommonJS starts several milliseconds sooner than a module. It has no `import.meta.url`, so this stands in for it. */
export const AS_COMMONJS = {
  format: 'cjs',
  define: { 'import.meta.url': '__moduleUrl' },
  banner: { js: "const __moduleUrl=require('node:url').pathToFileURL(__filename).href;" },
} as const satisfies BuildOptions;

/** Packages that are not bundled: they are native, load late, or find files of their own by their place. */
function nativeOrLate(): string[] {
  const late = ['@clack/prompts', '@napi-rs/keyring', '@node-rs/argon2', 'open', 'uqr'];
  return [...late, 'yauzl', ...Object.keys(packageJson.optionalDependencies)];
}
