import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { rollUp } from './rollup.js';
import { ROOT } from './settings.js';
import { apiDeclarations, declaredNames } from './tsdoc.js';

const TSC = path.join(
  path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin',
  'tsc',
);

/** The two declaration files that are shipped, by their paths. */
export function declarationFiles(): Record<'dist/client.d.ts' | 'dist/daemon.d.ts', string> {
  // Inside the project, so that what is compiled finds the project's packages.
  const folder = mkdtempSync(path.join(ROOT, 'node_modules', '.sigilforge-types-'));
  try {
    execFileSync(
      process.execPath,
      [TSC, '-p', path.join(ROOT, 'client/tsconfig.types.json'), '--outDir', folder],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    const names = new Set(declaredNames());
    const client = rollUp(path.join(folder, 'client/index.d.ts'), names);
    const shared = new Set([...names, ...client.exported]);
    const library = rollUp(path.join(folder, 'daemon/library/api.d.ts'), shared);
    return {
      'dist/client.d.ts': `${client.text}\n${apiDeclarations()}\n\nexport {};\n`,
      'dist/daemon.d.ts': `${importsFrom('./client.js', library.text, shared)}${reExports('./client.js', library.exported, shared)}\n${library.text}\nexport {};\n`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The types of another file that a text names. */
function importsFrom(file: string, text: string, names: ReadonlySet<string>): string {
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, '');
  const used = [...names].filter((name) => new RegExp(`\\b${name}\\b`).test(bare)).sort();
  return used.length > 0 ? `import type { ${used.join(', ')} } from '${file}';\n` : '';
}

function reExports(file: string, exported: readonly string[], names: ReadonlySet<string>): string {
  const passed = exported.filter((name) => names.has(name));
  return passed.length > 0 ? `export { ${passed.join(', ')} } from '${file}';\n` : '';
}
