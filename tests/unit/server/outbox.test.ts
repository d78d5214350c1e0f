import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { Outbox } from '../../../daemon/server/outbox.js';

const LIMIT = 256 * 1024;

/** How a stream's bytes go to the system; `taken` is called once they are there. */
type Write = (taken: () => void) => void;

/** Sends one answer beyond the limit, and resolves when the outbox says that it is full no longer. */
function drained(write: Write): Promise<boolean> {
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, taken) => write(taken) });
  return new Promise((resolve) => {
    const outbox = new Outbox(stream as Socket, LIMIT, () => resolve(!outbox.full));
    outbox.send('x'.repeat(LIMIT));
  });
}

// A peer that reads on another processor while the answer is written: the system takes all of it at once.
test.each<[string, Write]>([
  ['at once', (taken) => taken()],
  ['later', (taken) => setImmediate(taken)],
])('an answer beyond the limit that the system takes %s', async (_, write) => {
  expect(await drained(write)).toBe(true);
});
