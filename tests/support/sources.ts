import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One import of a source file. */
export interface Import {
  /** The importing file, from the root of the project, with slashes. */
  readonly file: string;
  /** The package or `node:` module, or the imported file from the root of the project. */
  readonly target: string;
  /** Whether it is only loaded when that line runs. */
  readonly lazy: boolean;
  /** Whether it is gone once the types are. */
  readonly type: boolean;
}

export const SOURCE_FOLDERS = ['shared', 'client', 'daemon', 'cli'] as const;

/** Every source file, from the root of the project. */
export function sourceFiles(): string[] {
  return SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => `${folder}/${name.replaceAll(path.sep, '/')}`),
  );
}

export function readSource(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

const STATIC = /^(?:import|export)\s(type\s)?(?:[^'";]*?\sfrom\s)?'([^']+)'/gm;
const LAZY = /\bimport\('([^']+)'\)/g;

/** Every import of every source file. */
export function imports(): Import[] {
  return sourceFiles().flatMap((file) => {
    const text = readSource(file);
    return [
      ...[...text.matchAll(STATIC)].map(([, type, name = '']) => ({
        file,
        target: targetOf(file, name),
        lazy: false,
        type: type !== undefined,
      })),
      ...[...text.matchAll(LAZY)].map(([, name = '']) => ({
        file,
        target: targetOf(file, name),
        lazy: true,
        type: false,
      })),
    ];
  });
}

function targetOf(file: string, name: string): string {
  if (!name.startsWith('.')) return name;
  return path.posix.join(path.posix.dirname(file), name).replace(/\.js$/, '.ts');
}
