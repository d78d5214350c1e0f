import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { imports, readSource, SOURCE_FOLDERS, sourceFiles } from '../support/sources.js';

const all = imports();

/** Files of the project itself, and what they import of it. */
const own = all.filter(({ target }) => SOURCE_FOLDERS.some((folder) => target.startsWith(`${folder}/`)));

function folderOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

function shown({ file, target }: { file: string; target: string }): string {
  return `${file} → ${target}`;
}

/** The name of a package, without what is taken out of it. */
function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

test('the imports were found', () => {
  const files = new Set(sourceFiles());
  expect(files.size).toBeGreaterThan(100);
  expect(own.filter(({ target }) => target.endsWith('.ts') && !files.has(target)).map(shown)).toEqual([]);
  expect(own.length).toBeGreaterThan(300);
});

describe('between the folders', () => {
  const allowed: Record<string, readonly string[]> = {
    shared: [],
    client: ['shared'],
    daemon: ['shared'],
    cli: ['client', 'shared'],
  };

  test.each(SOURCE_FOLDERS)('%s imports what it may', (folder) => {
    const wrong = own.filter(
      ({ file, target }) =>
        folderOf(file) === folder &&
        folderOf(target) !== folder &&
        !allowed[folder]?.includes(folderOf(target)),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  test("the client reaches the daemon's library by one line, which runs when it is needed", () => {
    const reaching = all.filter(({ target }) => packageOf(target) === 'sigilforge');
    expect(reaching).toEqual([
      { file: 'client/direct.ts', target: 'sigilforge/daemon', lazy: true, type: false },
    ]);
  });
});

describe('inside the daemon', () => {
  /** From the bottom up; a file imports from its own layer and those below. */
  const layers = ['daemon/core/', 'daemon/handlers/', 'daemon/server/', 'daemon/'];
  const layerOf = (path: string) => layers.findIndex((layer) => path.startsWith(layer));

  test('the server comes before the handlers, and the core knows neither', () => {
    const wrong = own.filter(
      ({ file, target }) =>
        folderOf(file) === 'daemon' && folderOf(target) === 'daemon' && layerOf(target) > layerOf(file),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  test('SQL is written in the store alone', () => {
    const speaking = sourceFiles().filter((file) =>
      /\b(SELECT [\w*(]|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA \w)/.test(readSource(file)),
    );
    expect(speaking.length).toBeGreaterThan(3);
    expect(speaking.filter((file) => !file.startsWith('daemon/core/store/'))).toEqual([]);
  });
});

describe('packages', () => {
  const owners: Record<string, readonly string[]> = {
    'better-sqlite3': ['daemon/core/store/sqlite.ts'],
    '@napi-rs/keyring': ['daemon/core/keychain/child.ts'],
    oauth4webapi: ['daemon/core/oauth/protocol.ts'],
    jose: ['daemon/core/oauth/keys/assertion.ts'],
    open: ['cli/terminal/browser.ts'],
    '@lydell/node-pty': ['cli/exec/pseudo-terminal.ts'],
    pino: ['daemon/pino.ts'],
    'json-rpc-2.0': ['client/connection.ts', 'daemon/server/rpc.ts'],
    'smol-toml': ['shared/config.ts'],
  };

  test.each(Object.entries(owners))('%s is imported by its own file', (name, files) => {
    const importing = all.filter(({ target }) => packageOf(target) === name).map(({ file }) => file);
    expect([...new Set(importing)].sort()).toEqual(files);
  });

  test('are all declared, and all used', () => {
    const declared = { optionalDependencies: {}, ...packageJson };
    const used = all.map(({ target }) => packageOf(target));
    const outside = used.filter(
      (name) =>
        !name.startsWith('node:') && ![...SOURCE_FOLDERS, 'sigilforge', 'package.json'].includes(name),
    );
    expect([...new Set(outside)].sort()).toEqual(
      Object.keys({ ...declared.dependencies, ...declared.optionalDependencies }).sort(),
    );
  });

  test('that only one command needs are loaded when it runs', () => {
    const late = [
      'open',
      'uqr',
      '@clack/prompts',
      'yocto-spinner',
      '@valibot/to-json-schema',
      '@lydell/node-pty',
      'sigilforge',
    ];
    const early = all.filter(({ target, lazy, type }) => late.includes(packageOf(target)) && !lazy && !type);
    expect(early.map(shown)).toEqual([]);
  });
});

test('what both sides share does no input or output, except the one file that writes files whole', () => {
  const builtins = all
    .filter(
      ({ file, target }) =>
        folderOf(file) === 'shared' && file !== 'shared/whole-file.ts' && target.startsWith('node:'),
    )
    .map(({ target }) => target);
  expect(
    [...new Set(builtins)].filter(
      (name) => !['node:buffer', 'node:os', 'node:path', 'node:url'].includes(name),
    ),
  ).toEqual([]);
});
