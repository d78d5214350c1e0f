import { expect, test } from 'vitest';
import { work } from '../support/accounts.js';
import { type Scene, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type Figures, figuresOf } from './figures.js';
import { prepareLoads } from './loads.js';
import { Tally, workFor } from './shift.js';

// A daemon under a mixed load, which is looked at again and again while it rests.

/** As many as `npm run test:soak -- MINUTES` gives; two under `npm test`. */
const minutes = Number(process.env['SIGILFORGE_SOAK_MINUTES'] ?? '2');
const isLong = process.env['SIGILFORGE_SOAK_MINUTES'] !== undefined;

const SHIFTS = 8;
/** In the first ones code is compiled, and caches and pools fill. */
const WARM_UP = 2;
const TOKEN_LIFE_S = 10;

/** By how much the median of the last half may exceed that of the first half: the heap is swept at its own pace. */
const MORE = { memory: 40, descriptors: 3, files: 3 };
const MOST_WAL_KIB = 8 * 1024;

test.skipIf(process.platform !== 'linux')(
  'nothing grows under a mixed load, and no answer is wrong',
  async () => {
    const scene = await stopAfter(
      startScene({ provider: { accessTokenLife: TOKEN_LIFE_S }, config: '[vault]\nkey = "key_file"\n' }),
    );
    const loads = await prepareLoads(scene);
    const tally = new Tally();
    const seen: Figures[] = [];
    for (let shift = 0; shift < SHIFTS; shift += 1) {
      await workFor((minutes * 60_000) / SHIFTS, loads, tally);
      expect(tally.wrong).toEqual([]);
      seen.push(await figuresOf(scene));
    }
    if (isLong) report(scene, tally, seen);
    expectLevel(seen.slice(WARM_UP));
    await expectGoodGrant(scene);
  },
  minutes * 60_000 + 240_000,
);

function expectLevel(seen: readonly Figures[]): void {
  const half = seen.length / 2;
  for (const [what, more] of Object.entries(MORE)) {
    const [before = 0, after = 0] = [seen.slice(0, half), seen.slice(half)].map((part) =>
      median(part.map((figures) => amountOf(figures, what))),
    );
    expect({ what, before, after, all: seen }).toSatisfy(() => after <= before + more);
  }
  expect(Math.max(...seen.map(({ walKiB }) => walKiB))).toBeLessThan(MOST_WAL_KIB);
  expect(seen.at(-1)?.files['state/rescue']).toBe(0);
}

function amountOf(figures: Figures, what: string): number {
  if (what === 'memory') return figures.memory;
  if (what === 'descriptors') return figures.descriptors.length;
  return Object.values(figures.files).reduce((sum, count) => sum + count, 0);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
}

async function expectGoodGrant({ api, provider }: Scene): Promise<void> {
  const { access_token } = await api.refreshToken(work);
  expect(await provider.introspect(access_token)).toMatchObject({ active: true });
  expect(provider.counts.reuse).toBe(0);
}

function report({ exchanges }: Scene, { rounds }: Tally, seen: readonly Figures[]): void {
  const lines = seen.map(({ memory, descriptors, walKiB, files }) =>
    [memory.toFixed(1), descriptors.length, walKiB.toFixed(0), ...Object.values(files)].join('\t'),
  );
  const names = ['MiB', 'descriptors', 'log in KiB', ...Object.keys(seen[0]?.files ?? {})].join('\t');
  process.stderr.write(`${[names, ...lines].join('\n')}\n`);
  process.stderr.write(`${JSON.stringify({ exchanges, rounds }, undefined, 2)}\n`);
}
