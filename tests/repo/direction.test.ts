import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import {
  circles,
  imports,
  migrations,
  readSource,
  SOURCE_FOLDERS,
  sourceFiles,
  testFiles,
} from '../support/sources.js';

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
      { file: 'client/load-library.ts', target: 'sigilforge/daemon', lazy: true, type: false },
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
});

describe('inside the core', () => {
  const CORE = 'daemon/core/';
  /** From the bottom up: a room imports only from rooms below it, types included. */
  const ROOMS = [
    'platform',
    'store',
    'backups',
    'keychain',
    'sealing',
    'vault',
    'oauth',
    'providers',
    'accounts',
    'sign-in',
    'refresh',
    'tokens',
    'secrets',
    'references',
    'aws',
    'transfer',
    'audit',
    'capabilities',
    'runs',
    'bots',
    'asking',
  ];
  const inCore = own.filter(({ file, target }) => file.startsWith(CORE) && target.startsWith(CORE));

  /** The files at the root of the core stand above every room. */
  function roomOf(path: string): string {
    const [room = '', ...rest] = path.slice(CORE.length).split('/');
    return rest.length === 0 ? 'the root of the core' : room;
  }

  const floorOf = (path: string) => [...ROOMS, 'the root of the core'].indexOf(roomOf(path));

  function folderIn(path: string): string {
    return path.slice(0, path.lastIndexOf('/'));
  }

  test('every folder is a room with a place in the order', () => {
    const rooms = sourceFiles()
      .filter((file) => file.startsWith(CORE))
      .map(roomOf);
    expect([...new Set(rooms)].sort()).toEqual([...ROOMS, 'the root of the core'].sort());
  });

  test('a room imports only from rooms below it', () => {
    const upwards = inCore.filter(({ file, target }) => floorOf(target) > floorOf(file));
    expect(upwards.map(shown)).toEqual([]);
  });

  test('a folder and the folders in it import in one direction', () => {
    const arrows = inCore
      .map(({ file, target }) => ({ file: folderIn(file), target: folderIn(target) }))
      .filter(({ file, target }) => file !== target && roomOf(`${file}/`) === roomOf(`${target}/`));
    const known = new Set(arrows.map(shown));
    const both = arrows.filter(({ file, target }) => known.has(shown({ file: target, target: file })));
    expect(both.map(shown)).toEqual([]);
  });

  const above = sourceFiles().filter((file) => !file.startsWith('daemon/core/store/'));

  const sql = /\b(SELECT [\w*(]|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA \w)/;

  test('SQL is written only in the store', () => {
    expect(sourceFiles().filter((file) => sql.test(readSource(file))).length).toBeGreaterThan(3);
    expect(above.filter((file) => sql.test(readSource(file)))).toEqual([]);
  });

  test('and of the tests, only in stored.ts and in those of the store', () => {
    const speaking = testFiles().filter((file) => sql.test(readSource(file)));
    const allowed = (file: string) => file === 'tests/support/stored.ts' || file.startsWith('tests/store/');
    expect(speaking).toContain('tests/support/stored.ts');
    expect(speaking.filter((file) => !allowed(file) && file !== 'tests/repo/direction.test.ts')).toEqual([]);
  });

  test('no row leaves the store', () => {
    const naming = above.filter((file) =>
      /^import [^;]*\b\w+Row\b[^;]*'[^']*store\//m.test(readSource(file)),
    );
    expect(naming).toEqual([]);
  });

  test('only the store knows the names of columns', () => {
    const names = migrations().flatMap((sql) => [...sql.matchAll(/^ {2}([a-z]+_[a-z_]+) [A-Z]/gm)]);
    const shared = sourceFiles()
      .filter((file) => file.startsWith('shared/'))
      .map(readSource)
      .join('\n');
    // Some columns have the name of a field on the wire.
    const columns = names.map(([, name = '']) => name).filter((name) => !shared.includes(name));
    expect(columns).toContain('refresh_fingerprint');
    // In quotes it is part of where a sealed value belongs. The fields of an exported file are named in transfer/.
    const column = new RegExp(`(?<!')\\b(${columns.join('|')})\\b`);
    const naming = above.filter((file) => roomOf(file) !== 'transfer' && column.test(readSource(file)));
    expect(naming).toEqual([]);
  });

  test('a service names what it needs, and takes no bag of parts', () => {
    const bags = sourceFiles().filter((file) => /\binterface Parts\b/.test(readSource(file)));
    expect(bags).toEqual([]);
  });
});

describe('inside the CLI', () => {
  const CLI = 'cli/';
  /** From the bottom up. The files at the root stand above every room. */
  const ROOMS = [
    'terminal',
    'arguments',
    'files',
    'access',
    'provider',
    'sign-in',
    'inject',
    'exec',
    'capability',
    'runs',
    'log',
    'service',
    'helpers',
    'completion',
    'quickstart',
    'commands',
  ];
  const inCli = own.filter(({ file, target }) => file.startsWith(CLI) && target.startsWith(CLI));

  function roomOf(path: string): string {
    const [room = '', ...rest] = path.slice(CLI.length).split('/');
    return rest.length === 0 ? 'the root of the CLI' : room;
  }

  const floorOf = (path: string) => [...ROOMS, 'the root of the CLI'].indexOf(roomOf(path));

  test('a room imports only from rooms below it', () => {
    const rooms = new Set(inCli.map(({ file }) => roomOf(file)));
    expect([...rooms].filter((room) => ![...ROOMS, 'the root of the CLI'].includes(room))).toEqual([]);
    expect(inCli.filter(({ file, target }) => floorOf(target) > floorOf(file)).map(shown)).toEqual([]);
  });

  test('the file of a command is loaded only when the command is named', () => {
    const loading = inCli.filter(({ target }) => roomOf(target) === 'commands');
    expect(loading.length).toBeGreaterThan(30);
    expect(loading.filter(({ lazy }) => !lazy).map(shown)).toEqual([]);
  });
});

test('no files import each other in a circle', () => {
  const found = circles(own).map((circle) => circle.join(' ↔ '));
  expect(found).toEqual([]);
});

test('a file name that stands three times is the name of a room or of a group of methods', () => {
  const groups = [
    'accounts',
    'tokens',
    'secrets',
    'vault',
    'providers',
    'daemon',
    'events',
    'references',
    'doors',
    'audit',
    'capabilities',
    'storage',
    'runs',
    'asking',
  ];
  // A command has the name of what it does, and a check of doctor that of what it looks at.
  const named = ['cli/commands/', 'daemon/doctor/checks/'];
  const files = sourceFiles().filter((file) => !named.some((folder) => file.startsWith(folder)));
  const names = files.map((file) => file.slice(file.lastIndexOf('/') + 1, -'.ts'.length));
  const often = [...new Set(names)].filter((name) => names.filter((other) => other === name).length > 2);
  // A command may have the name of another group's; `open` opens what its room is about, and `index` is what a folder offers.
  expect(often.filter((name) => ![...groups, 'open', 'index'].includes(name))).toEqual([]);
});

describe('packages', () => {
  /** The one folder of each, or one on each side of the wire. */
  const owners: Record<string, readonly string[]> = {
    'better-sqlite3': ['daemon/core/store'],
    '@napi-rs/keyring': ['daemon/core/keychain'],
    '@node-rs/argon2': ['daemon/core/vault/slots'],
    uuid: ['daemon/core/platform'],
    koffi: ['daemon/core/platform'],
    oauth4webapi: ['daemon/core/oauth'],
    jose: ['daemon/core/oauth/signing'],
    open: ['shared'],
    '@clack/prompts': ['cli/terminal'],
    uqr: ['cli/sign-in'],
    yauzl: ['cli/capability/archive'],
    'json-rpc-2.0': ['client', 'daemon/server'],
    'smol-toml': ['shared'],
  };

  test.each(Object.entries(owners))('%s belongs to its own folder', (name, folders) => {
    const importing = all.filter(({ target }) => packageOf(target) === name).map(({ file }) => file);
    expect([...new Set(importing.map((file) => file.slice(0, file.lastIndexOf('/'))))].sort()).toEqual(
      folders,
    );
  });

  test('are all declared, and all used', () => {
    const { dependencies, optionalDependencies } = packageJson;
    const used = all.map(({ target }) => packageOf(target));
    const outside = used.filter(
      (name) =>
        !name.startsWith('node:') && ![...SOURCE_FOLDERS, 'sigilforge', 'package.json'].includes(name),
    );
    // A package of which two versions are installed has two names, the second one an alias.
    const declared = Object.entries({ ...dependencies, ...optionalDependencies }).map(
      ([name, version]) => /^npm:(.+)@/.exec(version)?.[1] ?? name,
    );
    expect([...new Set(outside)].sort()).toEqual([...new Set(declared)].sort());
  });

  test('that only one command needs are loaded when it runs', () => {
    const late = ['open', 'uqr', '@clack/prompts', 'sigilforge'];
    const early = all.filter(({ target, lazy, type }) => late.includes(packageOf(target)) && !lazy && !type);
    expect(early.map(shown)).toEqual([]);
  });

  test('nor is what reads archives, before one is given', () => {
    const archive = 'cli/capability/archive/';
    const reading = own.filter(({ file, target }) => target.startsWith(archive) && !file.startsWith(archive));
    expect(reading.filter(({ lazy }) => lazy).map(({ file }) => file)).toEqual([
      'cli/commands/capability/add.ts',
    ]);
    expect(reading.filter(({ lazy, type }) => !lazy && !type).map(shown)).toEqual([]);
  });
});

/** What both sides do with files. */
const SHARED_FILES = [
  ...[
    'whole-file',
    'log-file',
    'ownership',
    'private-folder',
    'config-file',
    'core-files',
    'descriptor-flags',
  ],
  ...['built-program', 'program-end', 'browser-place'],
  ...['presence', 'holder', 'process-stat'],
  ...['service/installed', 'service/marked'],
];

test('what both sides share does no input or output, except what both do with files', () => {
  const builtins = all
    .filter(
      ({ file, target }) =>
        folderOf(file) === 'shared' &&
        !SHARED_FILES.some((name) => file === `shared/${name}.ts`) &&
        target.startsWith('node:'),
    )
    .map(({ target }) => target);
  expect(
    [...new Set(builtins)].filter(
      (name) => !['node:buffer', 'node:module', 'node:os', 'node:path', 'node:url'].includes(name),
    ),
  ).toEqual([]);
});
