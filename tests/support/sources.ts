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
  return SOURCE_FOLDERS.flatMap(filesIn);
}

/** Every file of the tests, from the root of the project. */
export function testFiles(): string[] {
  return filesIn('tests');
}

function filesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => `${folder}/${name.replaceAll(path.sep, '/')}`);
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

/** Every circle of files, each sorted: those of which each one reaches each other one by imports. */
export function circles(edges: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { file, target } of edges) targets.set(file, [...(targets.get(file) ?? []), target]);
  const reachable = new Map([...targets.keys()].map((file) => [file, reachableFrom(file, targets)]));
  const inCircles = [...reachable].filter(([file, reached]) => reached.has(file));
  const found = inCircles.map(([file, reached]) =>
    [...reached].filter((other) => reachable.get(other)?.has(file)).sort(),
  );
  return [...new Map(found.map((circle) => [circle.join(), circle])).values()];
}

function reachableFrom(file: string, targets: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>();
  const toVisit = [...(targets.get(file) ?? [])];
  for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    toVisit.push(...(targets.get(next) ?? []));
  }
  return reached;
}

/** The text of every migration. */
export function migrations(): string[] {
  const folder = 'daemon/core/store/migrations';
  return readdirSync(path.join(ROOT, folder)).map((name) => readSource(`${folder}/${name}`));
}

function targetOf(file: string, name: string): string {
  if (!name.startsWith('.')) return name;
  return path.posix.join(path.posix.dirname(file), name).replace(/\.js$/, '.ts');
}
