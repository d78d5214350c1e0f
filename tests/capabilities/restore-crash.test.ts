import { readFileSync, watch } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { type CapabilityFiles, writeCapability } from '../support/capabilities.js';
import { startDaemon } from '../support/start/backends.js';
import { crash } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';

// The daemon, ended by SIGKILL in the middle of a version that it puts back.

const NAMES = Array.from({ length: 80 }, (_, index) => `part-${index}.txt`);
/** The version that is put back, and how many of its files are seen to come before the daemon is killed. */
const ROUNDS = [
  { number: 1, word: 'old', count: 1 },
  { number: 2, word: 'new', count: 20 },
  { number: 1, word: 'old', count: 40 },
];

/** A version whose run says what its parts say, each word once. */
function version(word: string): CapabilityFiles {
  return {
    'manifest.json': JSON.stringify({
      ...{ name: 'parts', version: '1.0.0' },
      run: { runner: 'python', entry: 'main.py' },
    }),
    'main.py': `
import os
def run(args):
    here = os.path.dirname(os.path.abspath(__file__))
    words = {open(os.path.join(here, name)).read() for name in os.listdir(here) if name.startswith("part-")}
    return " ".join(sorted(words))
`,
    ...Object.fromEntries(NAMES.map((name) => [name, word])),
  };
}

/** What the parts of the folder say. */
function wordsIn(folder: string): string[] {
  return [...new Set(NAMES.map((name) => readFileSync(path.join(folder, name), 'utf8')))].sort();
}

/** Resolves once so many files have come into a folder. The watching ends with it. */
function comeInto(folder: string, count: number): Promise<void> {
  return new Promise((resolve) => {
    const seen = new Set<string>();
    const watcher = watch(folder, (_, name) => {
      if (name?.startsWith('part-')) seen.add(name);
      if (seen.size < count) return;
      watcher.close();
      resolve();
    });
  });
}

test('nothing runs that was not trusted, and it is restored again', { timeout: 120_000 }, async () => {
  const { sandbox, ...first } = await stopAfter(startDaemon());
  let { api, daemon } = first;
  const folder = await writeCapability(path.join(sandbox.home, 'parts'), version('old'));
  await api.registerCapability({ path: folder });
  await writeCapability(folder, version('new'));
  await api.trustCapability({ name: 'parts' });
  const run = (client: SigilforgeClient) => client.runCapability({ name: 'parts', wait: true });
  let mixtures = 0;
  for (const { number, word, count } of ROUNDS) {
    const inTheMiddle = comeInto(folder, count);
    const restoring = api.restoreCapability({ name: 'parts', number }).then(
      () => 'restored',
      () => 'the daemon is gone',
    );
    await inTheMiddle;
    await crash(daemon);
    await restoring;
    daemon = await sandbox.startDaemon();
    api = await connect({ socket: daemon.socket });
    await stopAfter({ stop: () => api.close() });
    const words = wordsIn(folder);
    if (words.length > 1) {
      mixtures += 1;
      await expect(run(api)).rejects.toMatchObject({ kind: 'integrity' });
    }
    const { versions } = await api.listCapabilityVersions({ name: 'parts' });
    expect(versions.every(({ kept }) => kept)).toBe(true);
    await api.restoreCapability({ name: 'parts', number });
    expect(await run(api)).toMatchObject({ response: word });
  }
  expect(mixtures).toBeGreaterThan(0);
});
