import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { assertOthersCannotChange, assertPrivate } from '../../../shared/ownership.js';

const UID = 1000;

function statsOf(type: 'folder' | 'file' | 'link', mode: number, uid = UID) {
  return {
    uid,
    gid: uid,
    mode,
    isFile: () => type === 'file',
    isDirectory: () => type === 'folder',
    isSymbolicLink: () => type === 'link',
  };
}

function refusal(message: string, hint: string) {
  return expect.objectContaining({ kind: 'unsafe_path', message, hint: expect.stringContaining(hint) });
}

describe('a path', () => {
  test.each([
    ['folder', 0o40700],
    ['folder', 0o40500],
    ['file', 0o100600],
    ['file', 0o100400],
  ] as const)('of the user alone is good: %s %o', (type, mode) => {
    expect(() => assertPrivate('/p', statsOf(type, mode), UID)).not.toThrow();
  });

  test.each([0o1, 0o2, 0o4, 0o10, 0o20, 0o40])('open to others by the bit %o is not', (bit) => {
    expect(() => assertPrivate('/p', statsOf('folder', 0o40700 | bit), UID)).toThrow(
      refusal('/p is open to other users.', "chmod 700 '/p'"),
    );
    expect(() => assertPrivate('/p', statsOf('file', 0o100600 | bit), UID)).toThrow(
      refusal('/p is open to other users.', "chmod 600 '/p'"),
    );
  });

  test('of another user is not, root included, and the hint takes nothing from that user', () => {
    vi.stubEnv('SIGILFORGE_HOME', undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const uid of [0, 1001]) {
      expect(() => assertPrivate('/p', statsOf('file', 0o100600, uid), UID)).toThrow(
        refusal(
          `/p belongs to another user (uid ${uid}).`,
          'Run as that user, or name a folder of your own in SIGILFORGE_HOME.',
        ),
      );
    }
  });

  test('that is a link is not, even one that the user made', () => {
    expect(() => assertPrivate('/p', statsOf('link', 0o120777), UID)).toThrow(
      refusal('/p is a symbolic link.', "rm '/p'"),
    );
  });

  test('is quoted for a shell in the hint', () => {
    expect(() => assertPrivate("/it's; rm -rf ~", statsOf('file', 0o644), UID)).toThrow(
      expect.objectContaining({ hint: "Close it: chmod 600 '/it'\\''s; rm -rf ~'" }),
    );
  });

  test('is not judged where there are no user ids', () => {
    vi.spyOn(process, 'getuid').mockReturnValue(undefined as never);
    onTestFinished(() => void vi.restoreAllMocks());
    expect(() => assertPrivate('/p', statsOf('file', 0o666, 0))).not.toThrow();
  });
});

test.skipIf(process.platform === 'win32')('real files are judged by their lstat', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, link, inner] = ['file', 'link', 'inner'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(file, '', { mode: 0o600 });
  symlinkSync(file, link);
  mkdirSync(inner);
  chmodSync(inner, 0o755);
  expect(() => assertPrivate(folder, lstatSync(folder))).not.toThrow();
  expect(() => assertPrivate(file, lstatSync(file))).not.toThrow();
  expect(() => assertPrivate(link, lstatSync(link))).toThrow('is a symbolic link');
  expect(() => assertPrivate(inner, lstatSync(inner))).toThrow('is open to other users');
});

describe('what lies in a folder that was looked at', () => {
  test.each([
    ['file', 0o100644, UID],
    ['file', 0o100755, 0],
    ['folder', 0o40755, UID],
    ['link', 0o120777, UID],
  ] as const)('is good if only the user and root can change it: %s %o of %i', (type, mode, owner) => {
    expect(() => assertOthersCannotChange('/p', statsOf(type, mode, owner), UID)).not.toThrow();
  });

  test.each([
    ['file', 0o100664],
    ['file', 0o100646],
    ['folder', 0o40775],
    ['folder', 0o40757],
  ] as const)('is refused if others can: %s %o', (type, mode) => {
    expect(() => assertOthersCannotChange('/p', statsOf(type, mode), UID)).toThrow(
      expect.objectContaining({ kind: 'unsafe_path', hint: "Close it: chmod go-w '/p'" }),
    );
  });

  test('is refused if it is of another user', () => {
    expect(() => assertOthersCannotChange('/p', statsOf('file', 0o100600, UID + 1), UID)).toThrow(
      expect.objectContaining({
        kind: 'unsafe_path',
        message: `/p belongs to another user (uid ${UID + 1}).`,
      }),
    );
  });
});
