import { expect, test } from 'vitest';
import { untilDone } from '../../../daemon/core/refresh/until-done.js';

/** Fails in every way that there is before it is done. */
function failing(ways: readonly ('no' | 'throws' | 'rejects')[]) {
  const left = [...ways];
  return (): Promise<boolean> => {
    const way = left.shift();
    if (way === 'throws') throw new Error('disk');
    return way === 'rejects' ? Promise.reject(new Error('disk')) : Promise.resolve(way === undefined);
  };
}

test('nothing but success ends it', async () => {
  const ending = new AbortController();
  const attempt = failing(['no', 'rejects', 'throws', 'no']);
  let calls = 0;
  await untilDone(
    () => {
      calls += 1;
      return attempt();
    },
    { ending: ending.signal },
  );
  expect(calls).toBe(5);
});

test('an ending process leaves what may be left', async () => {
  const ending = new AbortController();
  ending.abort();
  let calls = 0;
  const never = async (): Promise<boolean> => {
    calls += 1;
    return false;
  };
  await untilDone(never, { ending: ending.signal, mayLeave: () => calls === 2 });
  expect(calls).toBe(2);
});
