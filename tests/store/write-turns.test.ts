import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Sqlite } from '../../daemon/core/store/sqlite.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

/** Notes every turn of the event loop until the returned function is called. */
function noteTurns(done: string[]): () => void {
  let goesOn = true;
  const note = (): void => {
    done.push('turn');
    if (goesOn) setImmediate(note);
  };
  setImmediate(note);
  return () => {
    goesOn = false;
  };
}

test('changes that come together are made in their order, with a turn for everything else between any two', async () => {
  const { home } = await stopAfter(createSandbox());
  const db = await Sqlite.open(join(home, 'some.db'));
  await db.write(() => db.prepare('CREATE TABLE t (x)').run());
  const done: string[] = [];
  const stop = noteTurns(done);
  const changes = Array.from({ length: 20 }, (_, index) =>
    db.write(() => {
      db.prepare(`INSERT INTO t VALUES (${index})`).run();
      done.push(`change ${index}`);
    }),
  );
  await Promise.all(changes);
  stop();
  const expected = Array.from({ length: 20 }, (_, index) => `change ${index}`);
  expect(done.filter((one) => one !== 'turn')).toEqual(expected);
  for (const [at, one] of done.entries()) if (one !== 'turn' && at > 1) expect(done[at - 1]).toBe('turn');
  db.close();
});

test('all that ask for the log to be emptied share the next time that it is', async () => {
  const { home } = await stopAfter(createSandbox());
  const db = await Sqlite.open(join(home, 'some.db'));
  const done: string[] = [];
  const stop = noteTurns(done);
  void db.write(() => undefined);
  await Promise.all(Array.from({ length: 50 }, () => db.truncateLog()));
  stop();
  expect(done.length).toBeLessThan(10);
  db.close();
});
