import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SQLITE_DRIVER } from '../support/sqlite-driver.js';

const CLIENT = fileURLToPath(new URL('../../dist/client.cjs', import.meta.url));

/** Imports the client, and asks the process itself what it has loaded. */
const PROGRAM = `
  const { existsSync, readFileSync } = require('node:fs');
  const { connect } = require(${JSON.stringify(CLIENT)});
  const maps = existsSync('/proc/self/maps') ? readFileSync('/proc/self/maps', 'utf8') : '';
  console.log(JSON.stringify({
    connect: typeof connect,
    files: Object.keys(require.cache),
    libraries: process.report.getReport().sharedObjects,
    mapped: [...new Set(maps.match(/\\/\\S+\\.node$/gm))],
    builtins: process.moduleLoadList,
  }));
`;

interface Loaded {
  readonly connect: string;
  readonly files: string[];
  readonly libraries: string[];
  readonly mapped: string[];
  readonly builtins: string[];
}

async function load(program: string): Promise<Loaded> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await once(child, 'close');
  return JSON.parse(output);
}

test('importing the client loads one file, no native module, and nothing of the daemon', async () => {
  const loaded = await load(PROGRAM);
  expect(loaded.connect).toBe('function');
  expect(loaded.files).toEqual([CLIENT]);
  expect(loaded.mapped).toEqual([]);
  expect(loaded.libraries.filter((library) => library.endsWith('.node'))).toEqual([]);
  expect(loaded.builtins).not.toContain('NativeModule child_process');
  expect(loaded.builtins.filter((name) => /http|tls|crypto$|worker_threads|sqlite/.test(name))).not.toContain(
    'NativeModule http',
  );
});

test('this would be seen', async () => {
  const loaded = await load(`new (require(${JSON.stringify(SQLITE_DRIVER)}))(':memory:');${PROGRAM}`);
  expect(loaded.files.length).toBeGreaterThan(1);
  expect(loaded.libraries.filter((library) => library.endsWith('.node'))).toHaveLength(1);
});
