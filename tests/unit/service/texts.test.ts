import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LABEL, launchdFiles, readLaunchd } from '../../../shared/service/launchd.js';
import { authorshipOf } from '../../../shared/service/marked.js';
import { assertWritable, type ServicePlan } from '../../../shared/service/plan.js';
import { readSystemd, systemdFiles } from '../../../shared/service/systemd.js';
import { unitWord, unitWords } from '../../../shared/service/unit-words.js';

const plan: ServicePlan = {
  node: '/opt/my node/bin/node',
  options: ['--require', '/srv/50% "off"/.pnp.cjs'],
  program: "/home/o'neill/$HOME/back\\slash/sigilforged.cjs",
  env: { SIGILFORGE_HOME: '/home/a b/100%', PATH: '/a "b":/c & d:/<e>', NO_PROXY: '' },
  socket: '/home/a b/100%/run/sigilforge.sock',
};

const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((word) => !/\p{Cc}/u.test(word));
const absolute = text.map((name) => `/${name}`);
const anyPlan = fc.record({
  node: absolute,
  options: fc.constant([]),
  program: absolute,
  env: fc.dictionary(fc.stringMatching(/^[A-Z_]{1,9}$/), text),
  socket: absolute.filter((socket) => !/^\s|\s$|\\$/.test(socket)),
});

function systemdTexts(of: ServicePlan): [service: string, socket: string] {
  const [service, socket] = systemdFiles('/units', of).map((file) => file.text);
  return [service ?? '', socket ?? ''];
}

describe('the units of systemd', () => {
  test('are files of these names', () => {
    const paths = systemdFiles('/units', plan).map((file) => file.path);
    expect(paths).toEqual(['/units/sigilforge.service', '/units/sigilforge.socket']);
  });

  test('have what a service needs to be left running for years', () => {
    const [service, socket] = systemdTexts(plan);
    for (const line of [
      'Type=notify',
      'NotifyAccess=all',
      'Restart=on-failure',
      'TimeoutStopSec=75',
      'WatchdogSec=60',
      'UMask=0077',
      'LimitCORE=0',
      'NoNewPrivileges=yes',
      'Requires=sigilforge.socket',
      'WantedBy=default.target',
    ]) {
      expect(service.split('\n')).toContain(line);
    }
    for (const line of [
      'SocketMode=0600',
      'DirectoryMode=0700',
      'RemoveOnStop=yes',
      'WantedBy=sockets.target',
    ]) {
      expect(socket.split('\n')).toContain(line);
    }
  });

  test('say the same when they are read again', () => {
    expect(readSystemd(...systemdTexts(plan))).toEqual(plan);
    fc.assert(
      fc.property(anyPlan, (any) => {
        expect(readSystemd(...systemdTexts(any))).toEqual(any);
      }),
    );
  });

  test('take nothing behind a dollar sign for a variable, and use the colon only where there is one', () => {
    expect(systemdTexts(plan)[0]).toContain('\nExecStart=:"/opt/my node/bin/node" ');
    const plain = { ...plan, program: '/usr/lib/sigilforged.cjs' };
    expect(systemdTexts(plain)[0]).toContain('\nExecStart="/opt/my node/bin/node" ');
  });

  test('a word is one word again, and one that needs no quotes has none', () => {
    fc.assert(
      fc.property(fc.array(text), (words) => {
        expect(unitWords(words.map(unitWord).join(' '))).toEqual(words);
      }),
    );
    expect(unitWord('/usr/bin/node')).toBe('/usr/bin/node');
    expect(unitWords(`'a b' c\\ d "e\\"f" 100%%`)).toEqual(['a b', 'c d', 'e"f', '100%']);
  });
});

describe('the agent of launchd', () => {
  const [agent] = launchdFiles('/agents', plan, '/logs/a & b.log');

  test('says the same when it is read again', () => {
    expect(agent?.path).toBe(`/agents/${LABEL}.plist`);
    expect(readLaunchd(agent?.text ?? '', plan.socket)).toEqual(plan);
    const again = (any: ServicePlan) =>
      readLaunchd(launchdFiles('/', any, '/log')[0]?.text ?? '', any.socket);
    fc.assert(
      fc.property(anyPlan, (any) => {
        expect(again(any)).toEqual(any);
      }),
    );
  });

  test('is a property list to a strict reader', () => {
    const read =
      'import json,plistlib,sys; print(json.dumps(plistlib.load(sys.stdin.buffer, fmt=plistlib.FMT_XML)))';
    const { stdout, stderr } = spawnSync('python3', ['-c', read], { input: agent?.text, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      Label: 'org.sigilforge.daemon',
      ProgramArguments: [plan.node, ...plan.options, plan.program],
      EnvironmentVariables: plan.env,
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ExitTimeOut: 75,
      Umask: 0o077,
      SoftResourceLimits: { Core: 0 },
      HardResourceLimits: { Core: 0 },
      StandardOutPath: '/dev/null',
      StandardErrorPath: '/logs/a & b.log',
    });
  });
});

test.each([...systemdFiles('/units', plan), ...launchdFiles('/agents', plan, '/log')])(
  '$path is known as ours until it is changed',
  (file) => {
    expect(authorshipOf(file.text)).toBe('ours');
    expect(authorshipOf(file.text.replace('sigilforged.cjs', 'other.cjs').replace('0600', '0666'))).toBe(
      'changed',
    );
    expect(authorshipOf(file.text.replace(/^.*Written by.*\n/m, ''))).toBe('foreign');
  },
);

test.each([
  ['a quote in the path of Node', { node: "/o'neill/node" }],
  ['a line break', { program: '/a\nExecStartPre=/bin/false' }],
  ['a line break in a variable', { env: { PATH: '/a\nUser=root' } }],
  ['a blank at the end of the socket', { socket: '/run/a ' }],
  ['a backslash at the end of the socket', { socket: '/run/a\\' }],
])('%s is refused', (_, part) => {
  expect(() => assertWritable({ ...plan, ...part })).toThrow('No service can be given this: ');
  expect(() => assertWritable(plan)).not.toThrow();
});
