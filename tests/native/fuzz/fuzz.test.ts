import { expect, test } from 'vitest';
import { canFuzz, fuzz } from './fuzz.js';

const SECONDS = 60;

test.skipIf(!canFuzz)(
  'no input of a minute breaks the readers of the native client',
  { timeout: 5 * 60_000 },
  async () => {
    const { held, said } = await fuzz(SECONDS);
    expect(held, said).toBe(true);
    const [, runs = '0'] = /stat::number_of_executed_units:\s*(\d+)/.exec(said) ?? [];
    expect(Number(runs)).toBeGreaterThan(10_000);
  },
);
