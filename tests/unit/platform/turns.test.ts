import { expect, test } from 'vitest';
import { SpacedTurns } from '../../../daemon/core/platform/turns.js';

test('work that no other is before begins at once, and each further one in a later turn of the event loop', async () => {
  const turns = new SpacedTurns();
  const done: string[] = [];
  const work = (name: string) => turns.take(async () => void done.push(name));
  const all = Promise.all([work('first'), work('second'), work('third')]);
  expect(done).toEqual(['first']);
  // Something else that waits for the event loop comes between any two of them.
  const other = (): void => {
    done.push('other');
    if (done.length < 8) setImmediate(other);
  };
  setImmediate(other);
  await all;
  const [second, third] = [done.indexOf('second'), done.indexOf('third')];
  expect(done.slice(1, second)).toContain('other');
  expect(done.slice(second, third)).toContain('other');
});

test('work that fails passes the turn on, and is told', async () => {
  const turns = new SpacedTurns();
  const fail = () => turns.take(() => Promise.reject(new Error('no')));
  const outcomes = await Promise.allSettled([fail(), turns.take(async () => 'yes'), fail()]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  expect(await turns.take(async () => 'again')).toBe('again');
});
