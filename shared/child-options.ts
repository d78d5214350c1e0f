import { createRequire } from 'node:module';

/**
 * Node's options for a program of this package. Yarn Plug'n'Play keeps no `node_modules`, and a child that does not
 * inherit `NODE_OPTIONS` finds its packages only with Yarn's resolver loaded first.
 */
export function childOptions(): string[] {
  if (process.versions['pnp'] === undefined) return [];
  return ['--require', createRequire(import.meta.url).resolve('pnpapi')];
}
