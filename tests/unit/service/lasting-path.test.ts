import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serviceEnvironment } from '../../../cli/service/inherited-variables.js';
import { lastingNode, lastingProgram } from '../../../cli/service/lasting-path.js';

// Trees as version managers make them, with links to the Node that runs this.

let root: string;

beforeEach(() => {
  // Not below /tmp, where nothing lasts.
  root = realpathSync(mkdtempSync('/var/tmp/sf-'));
});

afterEach(() => rmSync(root, { recursive: true }));

/** A file in the tree, or a link to another. */
function put(name: string, content: { link: string } | { text: string }): string {
  const file = path.join(root, name);
  mkdirSync(path.dirname(file), { recursive: true });
  if ('link' in content) symlinkSync(content.link, file);
  else writeFileSync(file, content.text);
  chmodSync(path.dirname(file), 0o700);
  return file;
}

/** A whole Node at this path. */
function putNode(name: string): string {
  const file = put(name, { text: '' });
  cpSync(process.execPath, file);
  return file;
}

describe('the Node of a service', () => {
  test('is the one that runs, if its path lasts', async () => {
    expect(await lastingNode('/usr/bin/node', { PATH: '' })).toBe('/usr/bin/node');
  });

  test('is the link in PATH that leads to it', async () => {
    const node = put('Cellar/node/20.1.0/bin/node', { text: '' });
    const link = put('bin/node', { link: node });
    expect(await lastingNode(node, { PATH: `${path.dirname(node)}:${path.dirname(link)}` })).toBe(link);
  });

  test.each([
    ['fnm', 'fnm/node-versions/v20.1.0/installation', 'fnm/aliases/default'],
    ['nvm', '.nvm/versions/node/v20.1.0', '.nvm/current'],
    ['mise', 'mise/installs/node/20.1.0', 'mise/installs/node/latest'],
    ['Homebrew', 'Cellar/node@20/20.1.0_1', 'opt/node@20'],
  ])('is the one of %s that leads to the version in use', async (_, version, alias) => {
    const node = put(`${version}/bin/node`, { text: '' });
    expect(await lastingNode(node, { PATH: path.dirname(node) })).toBe(node);
    put(alias, { link: path.join(root, version) });
    expect(await lastingNode(node, { PATH: path.dirname(node) })).toBe(path.join(root, alias, 'bin', 'node'));
  });

  test('is not a link to another version', async () => {
    const node = put('.nvm/versions/node/v20.1.0/bin/node', { text: '' });
    put('.nvm/versions/node/v22.1.0/bin/node', { text: '' });
    put('.nvm/current', { link: path.join(root, '.nvm/versions/node/v22.1.0') });
    expect(await lastingNode(node, { PATH: path.dirname(node) })).toBe(node);
  });

  test('is a shim that becomes it, as that of asdf', async () => {
    const node = putNode('installs/nodejs/20.1.0/bin/node');
    const shim = put('shims/node', { text: `#!/bin/sh\nexec ${node} "$@"\n` });
    chmodSync(shim, 0o755);
    expect(await lastingNode(node, { PATH: path.dirname(shim) })).toBe(shim);
  });

  test('is not a shim that starts it as another process, as that of Volta', async () => {
    const node = putNode('image/node/20.1.0/bin/node');
    const shim = put('bin/node', { text: `#!/bin/sh\n${node} "$@"\nexit $?\n` });
    chmodSync(shim, 0o755);
    expect(await lastingNode(node, { PATH: path.dirname(shim) })).toBe(node);
  });
});

describe('the program of a service', () => {
  test('is the link that npm has put into PATH', () => {
    const program = put('v20.1.0/lib/node_modules/sigilforge/dist/sigilforged.cjs', { text: '' });
    const link = put('bin/sigilforged', { link: program });
    expect(lastingProgram(program, { PATH: path.dirname(link) })).toBe(link);
    expect(lastingProgram(program, { PATH: '/usr/bin' })).toBe(program);
  });

  test.each(['node_modules/.pnpm', '5/.pnpm'])("is by pnpm's link, in %s", (store) => {
    const program = put(`${store}/sigilforge@0.1.0/node_modules/sigilforge/dist/sigilforged.cjs`, {
      text: '',
    });
    const top = store.startsWith('5') ? '5/node_modules' : 'node_modules';
    put(`${top}/sigilforge`, { link: path.join(root, store, 'sigilforge@0.1.0/node_modules/sigilforge') });
    expect(lastingProgram(program, { PATH: '' })).toBe(
      path.join(root, top, 'sigilforge/dist/sigilforged.cjs'),
    );
  });
});

describe('the environment of a service', () => {
  test('is what a manager does not know, with whole paths', () => {
    const { env, withheld } = serviceEnvironment({
      SIGILFORGE_HOME: '/s',
      XDG_DATA_HOME: '/d',
      XDG_RUNTIME_DIR: '/run/user/1',
      SSL_CERT_FILE: 'own.pem',
      https_proxy: 'http://proxy.example:3128',
      NO_PROXY: 'a.example',
      DISPLAY: ':0',
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/bus',
      NODE_OPTIONS: '--inspect',
      GITHUB_TOKEN: 'canary',
    });
    expect(withheld).toEqual([]);
    expect(env).toEqual({
      SIGILFORGE_HOME: '/s',
      XDG_DATA_HOME: '/d',
      SSL_CERT_FILE: path.resolve('own.pem'),
      https_proxy: 'http://proxy.example:3128',
      NO_PROXY: 'a.example',
    });
  });

  test('has no proxy with a password in it, and says so', () => {
    const { env, withheld } = serviceEnvironment({ HTTPS_PROXY: 'http://me:canary@proxy.example:3128' });
    expect(env).toEqual({});
    expect(withheld).toEqual(['HTTPS_PROXY']);
  });

  test('has of PATH the folders that last, each once, and the home only if it is not that of the system', () => {
    const folders = [
      '/usr/bin',
      'bin',
      '/run/user/1/fnm_multishells/1/bin',
      '/a/node_modules/.bin',
      '/usr/bin',
      '/opt/b',
    ];
    expect(serviceEnvironment({ PATH: folders.join(':') }).env).toEqual({ PATH: '/usr/bin:/opt/b' });
    expect(serviceEnvironment({ HOME: '/elsewhere' }).env).toEqual({ HOME: '/elsewhere' });
  });
});
