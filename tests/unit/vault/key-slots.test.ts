import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../daemon/core/platform/clock.js';
import { generateSlotPair, unwrapKey, wrapKey } from '../../../daemon/core/sealing/envelope.js';
import { makeSlot, openSlot, unwrapFor } from '../../../daemon/core/vault/slots/slots.js';
import { WrongPasswords } from '../../../daemon/core/vault/slots/wrong-passwords.js';
import { lockAfterMs, TimeLimit } from '../../../daemon/core/vault/time-limit.js';

const integrity = expect.objectContaining({ kind: 'integrity' });
const KEY_ID = '0197a9b2-5d5c-7cc0-8000-000000000001';
const OTHER_ID = '0197a9b2-5d5c-7cc0-8000-000000000002';
const place = { vault: 'v', table: 'wrapped_keys', row: 'r', column: 'wrapped' };

describe('a data key that is wrapped', () => {
  const pair = generateSlotPair();
  const key = randomBytes(32);
  const wrapped = wrapKey(pair.publicKey, KEY_ID, place, key);

  test('opens by the private key, and is never wrapped twice the same', () => {
    expect(unwrapKey(pair.privateKey, place, wrapped)).toEqual(key);
    expect(wrapKey(pair.publicKey, KEY_ID, place, key)).not.toEqual(wrapped);
    expect(wrapped.includes(key)).toBe(false);
  });

  test('opens by no other key, in no other place, and not when it was changed', () => {
    expect(() => unwrapKey(generateSlotPair().privateKey, place, wrapped)).toThrow(integrity);
    expect(() => unwrapKey(pair.privateKey, { ...place, row: 'other' }, wrapped)).toThrow(integrity);
    expect(() => unwrapKey(pair.privateKey, place, wrapped.subarray(0, -1))).toThrow(integrity);
    for (const index of [0, 5, 43, 44, 61, 80, wrapped.length - 1]) {
      const changed = Buffer.from(wrapped.map((byte, i) => (i === index ? byte ^ 1 : byte)));
      expect(() => unwrapKey(pair.privateKey, place, changed)).toThrow(integrity);
    }
  });
});

describe('a slot', () => {
  const [own, dataKey] = [randomBytes(32), { id: KEY_ID, key: randomBytes(32) }];
  const made = makeSlot({ vault: 'v', id: OTHER_ID, kind: 'password', key: own, now: 1 }, [dataKey]);

  test('gives the data key to its own key', () => {
    const slot = openSlot('v', made.stored, own);
    expect(made.keys.map((row) => unwrapFor(slot, row))).toEqual([dataKey.key]);
  });

  test('opens by no other key, as no other slot and in no other vault', () => {
    expect(() => openSlot('v', made.stored, randomBytes(32))).toThrow(integrity);
    expect(() => openSlot('v', { ...made.stored, id: KEY_ID }, own)).toThrow(integrity);
    expect(() => openSlot('w', made.stored, own)).toThrow(integrity);
  });
});

/** A clock that a test sets. */
class HandClock implements Clock {
  wallMs = 1_000_000;
  monotonicMs = 5_000;
  wall = (): number => this.wallMs;
  monotonic = (): number => this.monotonicMs;
}

describe('after wrong passwords', () => {
  test('each makes the caller wait twice as long, to five minutes at most', () => {
    const clock = new HandClock();
    const wrong = new WrongPasswords(clock);
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      wrong.assertMayTry();
      expect(wrong.recordWrong()).toMatchObject({ kind: 'denied' });
      let waited = 0;
      while (!mayTry(wrong)) {
        clock.monotonicMs += 500;
        waited += 500;
      }
      waits.push(waited);
    }
    expect(waits.map((ms) => ms / 1000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  test('the wall clock changes nothing', () => {
    const clock = new HandClock();
    const wrong = new WrongPasswords(clock);
    wrong.recordWrong();
    clock.wallMs += 1e9;
    expect(() => wrong.assertMayTry()).toThrow(expect.objectContaining({ kind: 'denied' }));
  });
});

function mayTry(wrong: WrongPasswords): boolean {
  try {
    wrong.assertMayTry();
    return true;
  } catch {
    return false;
  }
}

describe('a time limit', () => {
  test.each([
    ['never', Number.POSITIVE_INFINITY],
    ['90s', 90_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['2d', 172_800_000],
  ])('%s', (text, ms) => {
    expect(lockAfterMs(text)).toBe(ms);
  });

  test.each([
    ['the wall clock alone, as after sleep', { wallMs: 60_000, monotonicMs: 0 }],
    ['only the monotonic clock, as when the other one is set back', { wallMs: -9_000, monotonicMs: 60_000 }],
  ])('is over by %s', (_, passed) => {
    const clock = new HandClock();
    const limit = new TimeLimit(clock, 60_000);
    limit.start();
    expect(limit.remaining).toBe(60_000);
    clock.wallMs += passed.wallMs;
    clock.monotonicMs += passed.monotonicMs;
    expect(limit.remaining).toBe(0);
    limit.start();
    expect(limit.remaining).toBe(60_000);
  });
});
