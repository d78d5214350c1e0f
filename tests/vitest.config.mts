import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root,
  resolve: {
    alias: {
      'sigilforge/daemon': `${root}daemon/library/api.ts`,
      sigilforge: `${root}client/index.ts`,
    },
  },
  // The bundles get migrations and scripts as text by esbuild's loader; here the same by a plugin.
  plugins: [
    {
      name: 'files-as-text',
      async load(id) {
        if (!/\.(sql|bash|zsh|fish)$/.test(id)) return undefined;
        return `export default ${JSON.stringify(await readFile(id, 'utf8'))}`;
      },
    },
  ],
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/fresh-build.ts'],
    // Most tests wait for programs that they started, so none of the cores is kept free for the one that counts them.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is polled comes in its own time, which on a busy machine is more than the usual second.
    expect: { poll: { timeout: 10_000 } },
    env: { NODE_EXTRA_CA_CERTS: '' },
  },
});
