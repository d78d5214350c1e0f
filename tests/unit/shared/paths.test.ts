import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { assertSocketPathFits, pinnedSocket, resolvePaths } from '../../../shared/paths.js';

const home = { HOME: '/home/ada' };

describe('Linux', () => {
  test('the XDG folders by their defaults', () => {
    expect(resolvePaths(home, 'linux')).toEqual({
      configFile: '/home/ada/.config/sigilforge/config.toml',
      data: '/home/ada/.local/share/sigilforge',
      database: '/home/ada/.local/share/sigilforge/sigilforge.db',
      locks: '/home/ada/.local/share/sigilforge/locks',
      keyFile: '/home/ada/.local/share/sigilforge/vault.key',
      presence: '/home/ada/.local/share/sigilforge/daemon.json',
      state: '/home/ada/.local/state/sigilforge',
      logFile: '/home/ada/.local/state/sigilforge/sigilforged.log',
      rescue: '/home/ada/.local/state/sigilforge/rescue',
      capabilities: '/home/ada/.local/state/sigilforge/capabilities',
      runs: '/home/ada/.local/state/sigilforge/runs',
      transcripts: '/home/ada/.local/state/sigilforge/transcripts',
      bots: '/home/ada/.local/state/sigilforge/bots',
      socket: '/home/ada/.local/state/sigilforge/run/sigilforge.sock',
      socketPinned: false,
    });
  });

  test.each([
    ['XDG_CONFIG_HOME', 'configFile', '/x/sigilforge/config.toml'],
    ['XDG_DATA_HOME', 'data', '/x/sigilforge'],
    ['XDG_STATE_HOME', 'state', '/x/sigilforge'],
    ['XDG_RUNTIME_DIR', 'socket', '/x/sigilforge.sock'],
  ] as const)('%s moves its folder alone', (variable, moved, to) => {
    const usual = resolvePaths(home, 'linux');
    const paths = resolvePaths({ ...home, [variable]: '/x' }, 'linux');
    expect(paths[moved]).toBe(to);
    for (const other of ['configFile', 'data', 'state'] as const) {
      if (other !== moved) expect(paths[other]).toBe(usual[other]);
    }
  });

  test.each(['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'])(
    'a relative or empty %s is ignored, as the XDG Base Directory Specification says',
    (variable) => {
      for (const folder of ['x', './x', '']) {
        expect(resolvePaths({ ...home, [variable]: folder }, 'linux')).toEqual(resolvePaths(home, 'linux'));
      }
    },
  );
});

test('macOS', () => {
  expect(
    resolvePaths({ HOME: '/Users/ada', XDG_DATA_HOME: '/x', XDG_RUNTIME_DIR: '/x' }, 'darwin'),
  ).toMatchObject({
    configFile: '/Users/ada/Library/Preferences/sigilforge/config.toml',
    data: '/Users/ada/Library/Application Support/sigilforge',
    state: '/Users/ada/Library/Logs/sigilforge',
    socket: '/Users/ada/Library/Application Support/sigilforge/run/sigilforge.sock',
    socketPinned: false,
  });
});

describe('Windows', () => {
  const env = { APPDATA: 'C:\\Users\\ada\\AppData\\Roaming', LOCALAPPDATA: 'C:\\Users\\ada\\AppData\\Local' };
  const expected = {
    config: 'C:\\Users\\ada\\AppData\\Roaming\\sigilforge\\Config\\config.toml',
    data: 'C:\\Users\\ada\\AppData\\Local\\sigilforge\\Data',
    state: 'C:\\Users\\ada\\AppData\\Local\\sigilforge\\Log',
  };

  test.each([
    ['by its variables', env],
    ['without them', { HOME: 'C:\\Users\\ada' }],
  ])('%s', (_, given) => {
    const paths = resolvePaths(given, 'win32');
    // The last step is joined as on the machine that this runs on.
    expect(paths.configFile.replaceAll('/', '\\')).toBe(expected.config);
    expect(paths.presence.replaceAll('/', '\\')).toBe(`${expected.data}\\daemon.json`);
    expect(paths).toMatchObject({ data: expected.data, state: expected.state, socket: null });
  });

  test('has no socket but the one that the environment names', () => {
    expect(resolvePaths({ ...env, SIGILFORGE_SOCKET: '\\\\.\\pipe\\mine' }, 'win32')).toMatchObject({
      socket: '\\\\.\\pipe\\mine',
      socketPinned: true,
    });
  });
});

describe('a user whose home is not in the environment', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });

  /** What passwd(5) says; without a home, that it has no such user. */
  function system(homedir?: string): void {
    vi.spyOn(os, 'userInfo').mockImplementation(() => {
      if (homedir === undefined) throw new Error('uv_os_get_passwd returned ENOENT');
      return { homedir } as never;
    });
    syncBuiltinESMExports();
  }

  const noHome = expect.objectContaining({
    kind: 'config',
    hint: expect.stringContaining('SIGILFORGE_HOME'),
  });

  test.each([{}, { HOME: '' }])('has the one that the system knows: %j', (env) => {
    system('/home/ada');
    expect(resolvePaths(env, 'linux').data).toBe('/home/ada/.local/share/sigilforge');
    expect(resolvePaths(env, 'darwin').data).toBe('/home/ada/Library/Application Support/sigilforge');
  });

  test.each([undefined, '', 'relative'])('has none if the system says %s', (homedir) => {
    system(homedir);
    for (const env of [{}, { HOME: '' }, { XDG_DATA_HOME: '/x' }, { HOME: '', USERPROFILE: '' }])
      for (const platform of ['linux', 'darwin', 'win32'] as const)
        expect(() => resolvePaths(env, platform)).toThrow(noHome);
  });

  test('needs none where every folder is named', () => {
    system();
    const named = { XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d', XDG_STATE_HOME: '/s' };
    expect(resolvePaths(named, 'linux')).toMatchObject({ data: '/d/sigilforge', state: '/s/sigilforge' });
    expect(resolvePaths({ SIGILFORGE_HOME: '/sf' }, 'linux')).toMatchObject({ data: '/sf/data' });
    expect(resolvePaths({ APPDATA: 'C:\\a', LOCALAPPDATA: 'C:\\b' }, 'win32')).toMatchObject({
      data: 'C:\\b\\sigilforge\\Data',
    });
    expect(pinnedSocket({ SIGILFORGE_SOCKET: '/s.sock' })).toBe('/s.sock');
  });

  test.each(['x', './x', '~', '~/x', '..'])('never has the relative one %s', (HOME) => {
    system('/home/ada');
    expect(() => resolvePaths({ HOME }, 'linux')).toThrow(noHome);
    expect(() => resolvePaths({ USERPROFILE: HOME }, 'win32')).toThrow(noHome);
  });

  test('has on Windows that of USERPROFILE, also in the place of a folder that is relative', () => {
    system();
    const env = {
      USERPROFILE: 'C:\\Users\\ada',
      HOME: '/c/Users/bob',
      APPDATA: 'Roaming',
      LOCALAPPDATA: '.',
    };
    const paths = resolvePaths(env, 'win32');
    expect(paths.data).toBe('C:\\Users\\ada\\AppData\\Local\\sigilforge\\Data');
    expect(paths.configFile).toContain('C:\\Users\\ada\\AppData\\Roaming\\sigilforge\\Config');
  });
});

describe('overrides', () => {
  const others = {
    ...home,
    XDG_CONFIG_HOME: '/x',
    XDG_DATA_HOME: '/x',
    XDG_STATE_HOME: '/x',
    XDG_RUNTIME_DIR: '/x',
  };

  test.each(['linux', 'darwin'] as const)('SIGILFORGE_HOME moves everything on %s', (platform) => {
    expect(resolvePaths({ ...others, SIGILFORGE_HOME: '/sf' }, platform)).toEqual({
      configFile: '/sf/config/config.toml',
      data: '/sf/data',
      database: '/sf/data/sigilforge.db',
      locks: '/sf/data/locks',
      keyFile: '/sf/data/vault.key',
      presence: '/sf/data/daemon.json',
      state: '/sf/state',
      logFile: '/sf/state/sigilforged.log',
      rescue: '/sf/state/rescue',
      capabilities: '/sf/state/capabilities',
      runs: '/sf/state/runs',
      transcripts: '/sf/state/transcripts',
      bots: '/sf/state/bots',
      socket: '/sf/run/sigilforge.sock',
      socketPinned: false,
    });
  });

  test('SIGILFORGE_HOME counts from the working folder where it is relative', () => {
    const { data, socket } = resolvePaths({ SIGILFORGE_HOME: 'sf' }, 'linux');
    expect({ data, socket }).toEqual({
      data: `${process.cwd()}/sf/data`,
      socket: `${process.cwd()}/sf/run/sigilforge.sock`,
    });
  });

  test('SIGILFORGE_SOCKET moves only the socket, and pins it', () => {
    const env = { ...home, SIGILFORGE_HOME: '/sf' };
    expect(resolvePaths({ ...env, SIGILFORGE_SOCKET: '/s' }, 'linux')).toEqual({
      ...resolvePaths(env, 'linux'),
      socket: '/s',
      socketPinned: true,
    });
  });

  test('an empty variable counts as unset', () => {
    expect(resolvePaths({ ...home, SIGILFORGE_HOME: '', SIGILFORGE_SOCKET: '' }, 'linux')).toEqual(
      resolvePaths(home, 'linux'),
    );
  });
});

describe('a socket path is refused where the platform would cut it', () => {
  test.each([
    ['linux', 107],
    ['darwin', 103],
  ] as const)('on %s beyond %i bytes', (platform, limit) => {
    expect(() => assertSocketPathFits('/'.padEnd(limit, 'x'), platform)).not.toThrow();
    // Two bytes each: it is bytes that count.
    const wide = `/${'é'.repeat(limit >> 1)}x`;
    for (const long of ['/'.padEnd(limit + 1, 'x'), wide]) {
      expect(() => assertSocketPathFits(long, platform)).toThrow(
        expect.objectContaining({ kind: 'unsafe_path', message: expect.stringContaining(`holds ${limit}.`) }),
      );
    }
  });

  test('but not on Windows, where it is the name of a pipe', () => {
    expect(() => assertSocketPathFits('\\\\.\\pipe\\'.padEnd(200, 'x'), 'win32')).not.toThrow();
  });
});
