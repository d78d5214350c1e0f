import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  endsWithItsVersion,
  type InstalledService,
  installedService,
  servesThisHome,
  serviceFault,
} from '../../../shared/service/installed.js';
import { launchdFiles } from '../../../shared/service/launchd.js';
import { servicePlaces } from '../../../shared/service/service-places.js';
import { systemdFiles } from '../../../shared/service/systemd.js';

let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'sf-'));
});

afterEach(() => rmSync(home, { recursive: true }));

const plan = () => ({
  node: process.execPath,
  options: [],
  program: path.join(home, 'sigilforged.cjs'),
  env: { SIGILFORGE_HOME: home },
  socket: path.join(home, 'run', 'sigilforge.sock'),
});

function install(part: Partial<ReturnType<typeof plan>> = {}): InstalledService {
  const folder = path.join(home, '.config', 'systemd', 'user');
  mkdirSync(folder, { recursive: true });
  for (const file of systemdFiles(folder, { ...plan(), ...part })) writeFileSync(file.path, file.text);
  const service = installedService({ HOME: home }, 'linux');
  if (service === undefined) throw new Error('It was not found.');
  return service;
}

test('a service is what its files say', () => {
  expect(installedService({ HOME: home }, 'linux')).toBeUndefined();
  const service = install();
  expect(service).toMatchObject({ manager: 'systemd', ...plan() });
  expect(service.files.map(({ authorship }) => authorship)).toEqual(['ours', 'ours']);
});

test('one that a person wrote is not ours; one that a person changed is, and the change is known', () => {
  const { files } = install();
  const [service = { path: '' }] = files;
  writeFileSync(service.path, '[Service]\nExecStart=/usr/bin/node /a.cjs\n');
  expect(installedService({ HOME: home }, 'linux')).toBeUndefined();
  const [written = { path: '', text: '' }] = systemdFiles(path.dirname(service.path), plan());
  writeFileSync(service.path, written.text.replace('RestartSec=1', 'RestartSec=9'));
  expect(installedService({ HOME: home }, 'linux')?.files[0]?.authorship).toBe('changed');
});

test('the agent of launchd is found where macOS has it', () => {
  const folder = path.join(home, 'Library', 'LaunchAgents');
  mkdirSync(folder, { recursive: true });
  for (const file of launchdFiles(folder, plan(), '/log')) writeFileSync(file.path, file.text);
  const env = { HOME: home, SIGILFORGE_HOME: home };
  expect(installedService(env, 'darwin')).toMatchObject({ manager: 'launchd', ...plan() });
});

test('units are in XDG_CONFIG_HOME; Windows and a user without a home have no place for any', () => {
  expect(servicePlaces({ HOME: '/h', XDG_CONFIG_HOME: '/x' }, 'linux')?.folder).toBe('/x/systemd/user');
  expect(servicePlaces({ HOME: '/h', XDG_CONFIG_HOME: 'x' }, 'linux')?.folder).toBe(
    '/h/.config/systemd/user',
  );
  expect(servicePlaces({ HOME: '/h' }, 'win32')).toBeUndefined();
  expect(servicePlaces({ HOME: 'h' }, 'linux')).toBeUndefined();
});

test('it serves the home that it was installed for, and no other', () => {
  const ofHome = { env: { SIGILFORGE_HOME: '/a' } };
  expect(servesThisHome(ofHome, { HOME: '/h', SIGILFORGE_HOME: '/a/' }, 'linux')).toBe(true);
  expect(servesThisHome(ofHome, { HOME: '/h', SIGILFORGE_HOME: '/b' }, 'linux')).toBe(false);
  expect(servesThisHome(ofHome, { HOME: '/h' }, 'linux')).toBe(false);
  expect(servesThisHome({ env: {} }, { HOME: '/h' }, 'linux')).toBe(true);
  expect(servesThisHome({ env: { XDG_DATA_HOME: '/d' } }, { HOME: '/h', XDG_DATA_HOME: '/d' }, 'linux')).toBe(
    true,
  );
  expect(servesThisHome({ env: {} }, { HOME: '/h', XDG_DATA_HOME: '/d' }, 'linux')).toBe(false);
});

describe('what is wrong with a service', () => {
  const hint = 'Write it again with: sigilforge daemon install';

  test('is nothing if all is there', () => {
    const service = install();
    writeFileSync(service.program, '');
    expect(serviceFault(service, service.socket)).toBeUndefined();
  });

  test('is its Node, once a version manager has removed it', () => {
    const node = path.join(home, 'versions', 'v20.1.0', 'bin', 'node');
    const sentence = `The service starts Node as ${node}, which is not there any more.`;
    expect(serviceFault(install({ node }), plan().socket)).toEqual({ sentence, hint });
  });

  test('is the package, if it is gone', () => {
    const sentence = `The service starts ${plan().program}, which is not there any more.`;
    expect(serviceFault(install(), plan().socket)).toEqual({ sentence, hint });
  });

  test('is its socket, if it is missing or clients look elsewhere', () => {
    const service = install();
    writeFileSync(service.program, '');
    expect(serviceFault(service, '/other.sock')).toEqual({
      sentence: `The service listens on ${service.socket}, and clients look for it on /other.sock.`,
      hint,
    });
    rmSync(service.files[1]?.path ?? '');
    const found = installedService({ HOME: home }, 'linux');
    expect(found && serviceFault(found, service.socket)).toEqual({
      sentence: 'The socket of the service is missing.',
      hint,
    });
  });
});

test.each([
  '/home/a/.nvm/versions/node/v20.19.1/bin/node',
  '/home/a/.local/share/fnm/node-versions/v22.1.0/installation/bin/node',
  '/run/user/1000/fnm_multishells/12_34/bin/node',
  '/home/a/.asdf/installs/nodejs/20.1.0/bin/node',
  '/home/a/.volta/tools/image/node/20.1.0/bin/node',
  '/opt/homebrew/Cellar/node@20/20.19.1_1/bin/node',
  '/nix/store/abc-nodejs-20.1.0/bin/node',
  '/snap/node/9000/bin/node',
  '/opt/node-v20.1.0-linux-x64/bin/node',
  '/home/a/.local/share/pnpm/global/5/.pnpm/sigilforge@0.1.0/node_modules/sigilforge/dist/sigilforged.cjs',
  '/home/a/.npm/_npx/1f2e/node_modules/sigilforge/dist/sigilforged.cjs',
])('%s is gone after an upgrade', (file) => {
  expect(endsWithItsVersion(file)).toBe(true);
});

test.each([
  '/usr/bin/node',
  '/usr/local/bin/node',
  '/opt/homebrew/bin/node',
  '/opt/homebrew/opt/node@20/bin/node',
  '/snap/node/current/bin/node',
  '/home/a/.local/share/fnm/aliases/default/bin/node',
  '/home/a/.local/share/mise/installs/node/20/bin/node',
  '/usr/lib/node_modules/sigilforge/dist/sigilforged.cjs',
])('%s stays', (file) => {
  expect(endsWithItsVersion(file)).toBe(false);
});
