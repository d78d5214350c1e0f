import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { assertSafeAncestors } from '../../../shared/ownership.js';

const isRoot = process.getuid?.() === 0;
const OTHER = 12345;

/** A folder of this user in the sticky one for temporary files, with `names` in it, each 0700. */
function folderWith(...names: string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sf-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of names) mkdirSync(path.join(folder, name), { recursive: true, mode: 0o700 });
  return folder;
}

function refusal(message: string, hint: string) {
  return expect.objectContaining({ kind: 'unsafe_path', message, hint: expect.stringContaining(hint) });
}

describe('the way to a path', () => {
  test('is good if every folder that exists is of the user or root', () => {
    const folder = folderWith('a/b');
    for (const name of ['a', 'a/b', 'a/b/missing', 'a/missing/deep', '../missing'])
      expect(() => assertSafeAncestors(`${folder}/${name}`)).not.toThrow();
    expect(() => assertSafeAncestors('/')).not.toThrow();
    expect(() => assertSafeAncestors('missing')).not.toThrow();
  });

  test.each([
    [0o720, /^all members of its group \(gid [0-9]+\)\.$/],
    [0o775, /^all members of its group \(gid [0-9]+\)\.$/],
    [0o702, /^other users\.$/],
    [0o777, /^other users\.$/],
  ])('is not with a folder of the mode %o', (mode, who) => {
    const folder = folderWith('a/b');
    chmodSync(`${folder}/a`, mode);
    const sentence = expect.stringMatching(`^${folder}/a may be changed by ${who.source.slice(1)}`);
    const mended = refusal(sentence, `: chmod go-w '${folder}/a'`);
    for (const name of ['b', 'b/c', 'missing'])
      expect(() => assertSafeAncestors(`${folder}/a/${name}`)).toThrow(mended);
    // The folder itself is judged by what it is for.
    expect(() => assertSafeAncestors(`${folder}/a`)).not.toThrow();
  });

  test('is closed by one command if several folders of the user are open, as with umask 002', () => {
    const folder = folderWith('a/b/c');
    for (const name of ['a', 'a/b', 'a/b/c']) chmodSync(`${folder}/${name}`, 0o775);
    expect(() => assertSafeAncestors(`${folder}/a/b/c/x`)).toThrow(
      expect.objectContaining({
        hint: `Close it: chmod go-w '${folder}/a' '${folder}/a/b' '${folder}/a/b/c'`,
      }),
    );
    spawnSync('chmod', ['go-w', `${folder}/a`, `${folder}/a/b`, `${folder}/a/b/c`]);
    expect(() => assertSafeAncestors(`${folder}/a/b/c/x`)).not.toThrow();
  });

  test('is good by a sticky folder, where only an owner replaces a name', () => {
    const folder = folderWith('a/b');
    chmodSync(`${folder}/a`, 0o1777);
    expect(() => assertSafeAncestors(`${folder}/a/b/c`)).not.toThrow();
  });

  test('is judged by the folder of a link and by that of its target', () => {
    const folder = folderWith('open/real/deep', 'mine');
    symlinkSync('../open/real', `${folder}/mine/relative`);
    symlinkSync(`${folder}/open/real`, `${folder}/mine/absolute`);
    symlinkSync(`${folder}/mine`, `${folder}/open/link`);
    chmodSync(`${folder}/open`, 0o777);
    const open = refusal(`${folder}/open may be changed by other users.`, `'${folder}/open'`);
    for (const name of ['mine/relative/x', 'mine/absolute/x', 'open/link/x', 'mine/relative/../real/x'])
      expect(() => assertSafeAncestors(`${folder}/${name}`)).toThrow(open);
    chmodSync(`${folder}/open`, 0o755);
    for (const name of ['mine/relative/x', 'mine/absolute/x', 'open/link/x'])
      expect(() => assertSafeAncestors(`${folder}/${name}`)).not.toThrow();
  });

  test('with `..` after a link is the way of the kernel, not that of the text', () => {
    const folder = folderWith('mine', 'open/real/deep');
    symlinkSync(`${folder}/open/real/deep`, `${folder}/mine/link`);
    chmodSync(`${folder}/open/real`, 0o777);
    expect(() => assertSafeAncestors(`${folder}/mine/link/../x`)).toThrow(
      refusal(`${folder}/open/real may be changed by other users.`, 'chmod go-w'),
    );
  });

  test('of links that lead to each other has an end', () => {
    const folder = folderWith();
    symlinkSync('two', `${folder}/one`);
    symlinkSync('one', `${folder}/two`);
    expect(() => assertSafeAncestors(`${folder}/one/x`)).not.toThrow();
  });

  test('is not judged where there are no user ids', () => {
    const folder = folderWith('a/b');
    chmodSync(`${folder}/a`, 0o777);
    vi.spyOn(process, 'getuid').mockReturnValue(undefined as never);
    onTestFinished(() => void vi.restoreAllMocks());
    expect(() => assertSafeAncestors(`${folder}/a/b`)).not.toThrow();
  });
});

describe('a folder of another user on the way', () => {
  /** For that user, a folder of this one is another user's. Root's are good for everyone. */
  const me = isRoot ? 0 : (process.getuid?.() ?? 0) + 1;

  function foreign(): string {
    const folder = folderWith('theirs/mine');
    if (isRoot) chownSync(`${folder}/theirs`, OTHER, OTHER);
    return isRoot ? `${folder}/theirs` : folder;
  }

  test('is refused, and the hint takes nothing from that user', () => {
    vi.stubEnv('SIGILFORGE_HOME', undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const theirs = foreign();
    let thrown: unknown;
    try {
      assertSafeAncestors(`${theirs}/mine/data`, me);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toEqual(
      refusal(
        expect.stringMatching(`^${theirs} belongs to another user \\(uid [0-9]+\\)\\.$`),
        'Run as that user, or name a folder of your own in SIGILFORGE_HOME.',
      ),
    );
    expect(thrown).not.toEqual(expect.objectContaining({ hint: expect.stringMatching(/chown|chmod|sudo/) }));
  });

  test.each(['SIGILFORGE_HOME', 'XDG_DATA_HOME', 'SIGILFORGE_SOCKET'])(
    'has %s named, if that led there',
    (name) => {
      const theirs = foreign();
      for (const variable of ['SIGILFORGE_HOME', 'XDG_DATA_HOME', 'SIGILFORGE_SOCKET'])
        vi.stubEnv(variable, variable === name ? `${theirs}/mine` : undefined);
      onTestFinished(() => void vi.unstubAllEnvs());
      expect(() => assertSafeAncestors(`${theirs}/mine/data`, me)).toThrow(
        expect.objectContaining({ hint: `Run as that user, or: unset ${name}` }),
      );
    },
  );

  test.skipIf(!isRoot)('is refused behind a link of the user', () => {
    const theirs = foreign();
    const mine = folderWith();
    symlinkSync(`${theirs}/mine`, `${mine}/link`);
    expect(() => assertSafeAncestors(`${mine}/link/data`)).toThrow(
      refusal(`${theirs} belongs to another user (uid ${OTHER}).`, 'Run as that user'),
    );
  });

  test.skipIf(!isRoot)('is refused as a link of that user in a sticky folder', () => {
    const folder = folderWith('sticky', 'mine');
    chmodSync(`${folder}/sticky`, 0o1777);
    symlinkSync(`${folder}/mine`, `${folder}/sticky/link`);
    expect(() => assertSafeAncestors(`${folder}/sticky/link/x`)).not.toThrow();
    lchownSync(`${folder}/sticky/link`, OTHER, OTHER);
    expect(() => assertSafeAncestors(`${folder}/sticky/link/x`)).toThrow(
      refusal(`${folder}/sticky/link belongs to another user (uid ${OTHER}).`, 'Run as that user'),
    );
  });

  test.skipIf(!isRoot)(
    'that is of root, as a volume of a container, stays open and gets the sticky bit',
    () => {
      const folder = folderWith('open/x');
      chmodSync(folder, 0o755);
      chmodSync(`${folder}/open`, 0o777);
      expect(() => assertSafeAncestors(`${folder}/open/x`, OTHER)).toThrow(
        refusal(
          `${folder}/open may be changed by other users.`,
          `Name a folder elsewhere in SIGILFORGE_HOME, or as root: chmod +t '${folder}/open'`,
        ),
      );
      spawnSync('chmod', ['+t', `${folder}/open`]);
      expect(() => assertSafeAncestors(`${folder}/open/x`, OTHER)).not.toThrow();
    },
  );

  test.skipIf(!isRoot)('that is of a user whom a user namespace does not know is said to be so', () => {
    const folder = folderWith('theirs/x');
    chownSync(`${folder}/theirs`, 65534, 65534);
    expect(() => assertSafeAncestors(`${folder}/theirs/x`)).toThrow(
      refusal(
        `${folder}/theirs belongs to a user who is not known here (uid 65534), as in a sandbox.`,
        'Run outside of the sandbox, or name a folder of your own in SIGILFORGE_HOME.',
      ),
    );
  });
});
