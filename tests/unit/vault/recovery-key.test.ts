import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  newRecoveryKey,
  parseRecoveryKey,
  recoverySlotKey,
} from '../../../daemon/core/vault/slots/recovery-key.js';

test('32 bytes come back out of it, however it is typed', () => {
  const text = newRecoveryKey();
  const bytes = parseRecoveryKey(text);
  expect(bytes).toHaveLength(32);
  const typed = [
    text.toLowerCase(),
    text.replaceAll('-', ''),
    text.replaceAll('-', ' '),
    `  ${text}\n`,
    text.replaceAll('0', 'O').replaceAll('1', 'l'),
    text.replaceAll('0', 'o').replaceAll('1', 'I'),
  ];
  expect(typed.map(parseRecoveryKey)).toEqual(typed.map(() => bytes));
});

test('no two are the same', () => {
  const all = Array.from({ length: 100 }, newRecoveryKey);
  expect(new Set(all).size).toBe(all.length);
});

test('one wrong character is found', () => {
  const text = newRecoveryKey();
  fc.assert(
    fc.property(
      fc.nat(text.length - 1),
      fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'),
      (index, letter) => {
        fc.pre(text[index] !== '-' && text[index] !== letter);
        return parseRecoveryKey(`${text.slice(0, index)}${letter}${text.slice(index + 1)}`) === undefined;
      },
    ),
  );
});

test.each([
  '',
  'open sesame',
  'U'.repeat(56),
  'é'.repeat(56),
  `${newRecoveryKey()}0`,
  newRecoveryKey().slice(1),
])('what is not one: %j', (text) => {
  expect(parseRecoveryKey(text)).toBeUndefined();
});

test('each slot has its own key of it', () => {
  const bytes = parseRecoveryKey(newRecoveryKey()) ?? Buffer.alloc(0);
  expect(recoverySlotKey(bytes, 'one')).not.toEqual(recoverySlotKey(bytes, 'other'));
  expect(recoverySlotKey(bytes, 'one')).toEqual(recoverySlotKey(bytes, 'one'));
});
