import { fileURLToPath } from 'node:url';

/** The path of a built file. The bundles lie in `dist` and this source one folder beside it, so one address serves both. */
export function builtFile(name: string): string {
  return fileURLToPath(new URL(`../dist/${name}`, import.meta.url));
}
