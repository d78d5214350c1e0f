import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A program `vals` with schemes of its own, in a folder to be put on a PATH. */
export interface FakeVals {
  readonly folder: string;
  /** A PATH on which it is the first. */
  readonly path: string;
  /** The arguments of every call so far. */
  calls(): string[];
  /** Lets the one call of `ref+gate://…` answer that is under way. */
  open(value: string): void;
  /** Resolves once the child of the next hanging call, which holds the standard output too, has begun and has ended. */
  hangingChild(): { readonly begun: Promise<void>; readonly ended: Promise<void> };
  remove(): void;
}

/** Every scheme prints what it has to the byte; what it says of a failure has `canary` in it. */
const PROGRAM = `#!/bin/sh
folder=$(dirname "$0")
printf '%s\\n' "$*" >> "$folder/calls"
if [ $# != 2 ] || [ "$1" != get ] || read -r line; then exit 64; fi
rest=\${2#*://}
case "$2" in
  ref+echo://*) printf %s "$rest" ;;
  ref+file://*) cat "$rest" ;;
  ref+exec://* | ref+EXEC://*) printf executed ;;
  ref+gate://*) while [ ! -e "$folder/gate" ]; do sleep 0.05; done; cat "$folder/gate" ;;
  ref+hang://*) sleep 600 3> "$folder/alive" & wait ;;
  ref+fail://*) echo canary; echo canary >&2; exit 3 ;;
  ref+megabyte://*) head -c 1048576 /dev/zero | tr '\\0' c ;;
  *) exit 65 ;;
esac
`;

async function readToEnd(file: FileHandle): Promise<void> {
  await file.readFile();
  await file.close();
}

export function createFakeVals(): FakeVals {
  const folder = mkdtempSync(join(tmpdir(), 'vals-'));
  writeFileSync(join(folder, 'vals'), PROGRAM);
  chmodSync(join(folder, 'vals'), 0o700);
  const linesOf = (name: string): string[] => {
    try {
      return readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean);
    } catch {
      return [];
    }
  };
  return {
    folder,
    path: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    calls: () => linesOf('calls'),
    open(value) {
      writeFileSync(join(folder, 'gate.new'), value);
      // Whole at once, since the other side looks at any moment.
      renameSync(join(folder, 'gate.new'), join(folder, 'gate'));
    },
    hangingChild() {
      const pipe = join(folder, 'alive');
      execFileSync('mkfifo', [pipe]);
      // A pipe opens once both sides are there, and ends with its last writer, however that one ends.
      const opening = open(pipe);
      return { begun: opening.then(() => {}), ended: opening.then(readToEnd) };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
