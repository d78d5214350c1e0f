import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../../daemon/core/platform/config.js';
import { parseConfig } from '../../../shared/config.js';
import { LIMITS } from '../../../shared/config-limits.js';
import { createSandbox } from '../../support/start/sandbox.js';
import { stopAfter } from '../../support/start/stop-after.js';

const FILE = '/home/ada/config.toml';

function mistakeIn(text: string): { kind: string; message: string; hint: string } {
  try {
    parseConfig(text, FILE);
  } catch (thrown) {
    return thrown as { kind: string; message: string; hint: string };
  }
  throw new Error('There was no mistake.');
}

test('every key has the default of the contract', () => {
  expect(parseConfig('', FILE)).toEqual({
    daemon: { log_level: 'info' },
    vault: { key: 'auto', lock_after: 'never' },
    secrets: { default_backend: 'vault' },
    security: { reveal: [] },
    network: {},
    refresh: { ahead_s: 300, idle_days: 7 },
    vals: { enabled: false, allow: ['*'], cache_ttl_s: 300, timeout_s: 10 },
    limits: Object.fromEntries(Object.entries(LIMITS).map(([key, { usual }]) => [key, usual])),
    audit: { strict: false, keep_days: 90 },
    runs: { keep_days: 30, at_once: 4 },
    asking: { desktop: true },
    hooks: {},
    providers: {},
  });
});

test('the example of the contract is without a mistake', () => {
  const config = parseConfig(
    `[daemon]
socket = "/path"
log_level = "debug"
[vault]
key = "keychain"
lock_after = "12h"
[secrets]
default_backend = "keychain"
[security]
reveal = ["auth://github/*/refresh_token"]
[network]
proxy = "http://me:secret@proxy.example.org:3128"
ca_file = "/etc/ssl/corp.pem"
[refresh]
ahead_s = 60
idle_days = 0.5
[vals]
enabled = true
allow = ["vault"]
cache_ttl_s = 0
timeout_s = 1
[hooks]
needs_auth = ["notify-send", "sign in again"]
[providers.example]
issuer = "https://id.example.org"
client_id = "a client"
default_scopes = ["openid", "offline_access"]
redirect_uri = "http://127.0.0.1:8484/callback"
`,
    FILE,
  );
  expect(config.daemon).toEqual({ socket: '/path', log_level: 'debug' });
  expect(config.vault).toEqual({ key: 'keychain', lock_after: '12h' });
  expect(config.hooks.needs_auth).toEqual(['notify-send', 'sign in again']);
  expect(config.providers['example']).toMatchObject({ issuer: 'https://id.example.org' });
});

describe('a mistake is told by file, line and key, and the value is not repeated:', () => {
  test.each([
    ['a section that is not known', '[deamon]\nx = "canary"', 1, 'deamon'],
    ['a key that is not known', '[daemon]\nlog_levle = "canary"', 2, 'daemon.log_levle'],
    [
      'a key that is not known beside good ones',
      '[vals]\nenabled = true\ncanary_free = "canary"',
      3,
      'vals.canary_free',
    ],
    ['a level that there is not', '[daemon]\nlog_level = "canary"', 2, 'daemon.log_level'],
    ['a number for a text', '[daemon]\nsocket = 4711', 2, 'daemon.socket'],
    ['a proxy of another kind', '[network]\nproxy = "socks5://me:canary@host:1080"', 2, 'network.proxy'],
    ['a proxy without a scheme', '[network]\nproxy = "canary:3128"', 2, 'network.proxy'],
    ['a relative file', '[network]\nca_file = "canary.pem"', 2, 'network.ca_file'],
    ['a text for a number', '[refresh]\n\n# ahead\nahead_s = "canary"', 4, 'refresh.ahead_s'],
    ['a number out of bounds', '[refresh]\nahead_s = 4711000', 2, 'refresh.ahead_s'],
    ['a limit that would lock its user out', '[limits]\nconnections = 1', 2, 'limits.connections'],
    ['a limit that there is not', '[limits]\ndoor = 4711', 2, 'limits.door'],
    ['no day of keeping', '[runs]\nkeep_days = 0', 2, 'runs.keep_days'],
    ['no run at once', '[runs]\nat_once = 0', 2, 'runs.at_once'],
    ['a fraction', '[refresh]\nahead_s = 47.11', 2, 'refresh.ahead_s'],
    ['no number at all', '[refresh]\nahead_s = nan', 2, 'refresh.ahead_s'],
    ['a text for a switch', '[vals]\nenabled = "canary"', 2, 'vals.enabled'],
    ['a time of no form', '[vault]\nlock_after = "canary"', 2, 'vault.lock_after'],
    ['a text for a list', '[security]\nreveal = "canary"', 2, 'security.reveal'],
    [
      'a list with one wrong thing',
      '[security]\nreveal = [\n  "canary",\n  4711,\n]',
      2,
      'security.reveal.1',
    ],
    ['an empty command', '[hooks]\nneeds_auth = []', 2, 'hooks.needs_auth'],
    ['a value for a section', 'daemon = "canary"', 1, 'daemon'],
    ['a dotted key', 'daemon.log_level = "canary"', 1, 'daemon.log_level'],
    ['a dotted key with spaces and quotes', ' daemon . "log_level" = "canary"', 1, 'daemon.log_level'],
    ['a table in one line', 'vault = { key = "canary" }', 1, 'vault.key'],
    ['a list of sections', '\n[[daemon]]\nlog_level = "info"', 2, 'daemon'],
    ['an address that is none', '[providers.one]\nissuer = "canary"', 2, 'providers.one.issuer'],
    [
      'an address without TLS',
      '[providers.one]\nissuer = "http://canary.example.org"',
      2,
      'providers.one.issuer',
    ],
    [
      'a client secret, which is not kept here',
      '[providers.one]\nclient_secret = "canary"',
      2,
      'providers.one.client_secret',
    ],
    [
      'a scope of two words',
      '[providers.one]\ndefault_scopes = ["read", "canary two"]',
      2,
      'default_scopes.1',
    ],
    [
      'the second of two providers with a hyphen',
      '[providers.my-one]\nissuer = "https://id.example.org"\n[providers.my-two]\nissuer = "canary"',
      4,
      'issuer',
    ],
    [
      'the second of two providers with a dot',
      '[providers."one.example.org"]\nclient_id = "id"\n[providers."two.example.org"] # mine\nissuer = "canary"',
      4,
      'issuer',
    ],
    [
      'a provider of no possible name',
      '[providers.one]\nclient_id = "id"\n[providers."Two !"]\nclient_id = "canary"',
      3,
      'providers',
    ],
    ['a key of the prototype', '[daemon]\n__proto__ = "canary"', 2, 'daemon'],
    [
      'a key that also stands in a text of several lines',
      '[hooks]\nneeds_auth = ["x", """\nahead_s = 5 \\""" \n[refresh]\n"""]\n[refresh]\nahead_s = "canary"',
      7,
      'refresh.ahead_s',
    ],
    [
      'a key that also stands in a literal of several lines',
      "[daemon]\nsocket = '''\n[vault]\nkey = '''\n[vault]\nkey = 'canary'",
      6,
      'vault.key',
    ],
    [
      'a text of several lines itself',
      '[daemon]\nsocket = "/s"\nlog_level = """\ncanary\n"""',
      3,
      'daemon.log_level',
    ],
    [
      'a key behind brackets and quotes in comments and texts',
      '[daemon] # [ """\nsocket = "[{" # \'\'\'\nlog_level = "canary"',
      3,
      'daemon.log_level',
    ],
    ['line ends of Windows', '[daemon]\r\nlog_level = "canary"\r\n', 2, 'daemon.log_level'],
  ])('%s', (_, text, line, key) => {
    const { kind, message, hint } = mistakeIn(text);
    expect(kind).toBe('config');
    expect(message).toMatch(`${FILE}, line ${line}: `);
    expect(message).toContain(key);
    expect(message.replaceAll('canary_free', '') + hint).not.toMatch(/canary|4711|47\.11/);
  });

  test.each([
    ['a text without its end', '[daemon]\nlog_level = "canary\n', 2],
    ['a text without quotes', '[daemon]\n\nlog_level = canary', 3],
    ['a key without a value', '[daemon]\ncanary', 2],
    ['a header without its end', '[canary', 1],
    ['a key that is set twice', '[daemon]\nlog_level = "info"\nlog_level = "canary"', 3],
    ['a section that is there twice', '[daemon]\n[vault]\n[daemon]\nlog_level = "canary"', 3],
    ['a number that is too large', '[refresh]\nahead_s = 99999999999999999999', 2],
  ])('%s is not TOML, and its line is told', (_, text, line) => {
    const { kind, message, hint } = mistakeIn(text);
    expect(kind).toBe('config');
    expect(message).toBe(`${FILE}, line ${line}: this is not valid TOML.`);
    expect(hint).not.toContain('canary');
  });
});

describe('the file', () => {
  function folder(): string {
    const made = mkdtempSync(join(tmpdir(), 'sf-'));
    onTestFinished(() => rmSync(made, { recursive: true }));
    return made;
  }

  test('need not be there', () => {
    expect(readConfig(join(folder(), 'config.toml'))).toEqual(parseConfig('', FILE));
  });

  test('that cannot be read is a mistake, and not taken for one that is not there', () => {
    const file = join(folder(), 'config.toml');
    mkdirSync(file);
    expect(() => readConfig(file)).toThrow(
      expect.objectContaining({ kind: 'config', message: `${file} cannot be read.` }),
    );
  });
});

test('the CLI and the daemon end with exit status 2, and nothing is made', async () => {
  const sandbox = await stopAfter(createSandbox());
  const file = join(sandbox.home, 'config', 'config.toml');
  await mkdir(join(sandbox.home, 'config'));
  await writeFile(file, '[daemon]\nsocket = "/canary"\nlog_level = "canary"\n');
  for (const args of [
    ['--direct', 'list-accounts'],
    ['list-accounts'],
    ['daemon', 'start'],
    ['daemon', 'run'],
  ]) {
    const { code, stdout, stderr } = await sandbox.run(args);
    expect({ args, code }).toEqual({ args, code: 2 });
    expect(stderr).toContain(`${file}, line 3: daemon.log_level is not`);
    expect(stderr).toContain('hint: ');
    expect(stdout + stderr).not.toContain('canary');
  }
});
