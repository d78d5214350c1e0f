import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Redaction } from '../../daemon/core/runs/redaction.js';
import { Secret } from '../../shared/secret.js';

const VALUE = 'pa"ss\\word-7f3a é';

function redactionOf(...values: string[]): Redaction {
  const redaction = new Redaction();
  for (const value of values) redaction.add(new Secret(value));
  return redaction;
}

test.each([
  ['as it is', VALUE],
  ['as a JSON string', JSON.stringify(VALUE).slice(1, -1)],
  ['as a JSON string in a JSON string', JSON.stringify(JSON.stringify(VALUE).slice(1, -1)).slice(1, -1)],
  ['as base64', Buffer.from(VALUE).toString('base64')],
  ['as base64 for URLs', Buffer.from(VALUE).toString('base64url')],
  ['as hex', Buffer.from(VALUE).toString('hex')],
  ['in a URL', encodeURIComponent(VALUE)],
])('a value is taken out of a text %s', (_, form) => {
  expect(redactionOf(VALUE).text(`before ${form} after`)).toBe('before [redacted] after');
});

test('a text is redacted by itself: none lacks the end of the one before', () => {
  const redaction = redactionOf(VALUE);
  expect(redaction.text(`half: ${VALUE.slice(0, 9)}`)).toBe(`half: ${VALUE.slice(0, 9)}`);
  expect(redaction.text(VALUE.slice(9))).toBe(VALUE.slice(9));
  expect(redaction.text(`${VALUE}${VALUE}`)).not.toContain(VALUE);
});

test('a value is taken out of a stream wherever that is split', () => {
  const bytes = Buffer.from(`one ${VALUE} two ${Buffer.from(VALUE).toString('base64')} three`);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
      const stream = redactionOf(VALUE).stream();
      const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const parts = places.slice(1).map((end, index) => stream.push(bytes.subarray(places[index], end)));
      const text = Buffer.concat([...parts, stream.end()]).toString();
      expect(text).toBe('one [redacted] two [redacted] three');
    }),
  );
});

test('a value that comes later is taken out of what comes after it, in streams that are open and in texts', () => {
  const redaction = redactionOf('an earlier value');
  const stream = redaction.stream();
  const text = (chunk: string) => stream.push(Buffer.from(chunk)).toString();
  expect(text(`${VALUE} `)).toContain(VALUE);
  // The beginning of the earlier one is held back, and is not lost.
  let said = text('an earlier ');
  redaction.add(new Secret(VALUE));
  said += text('value, ');
  said += text(`${VALUE}.`);
  said += stream.end().toString();
  expect(said).toBe('[redacted], [redacted].');
  expect(redaction.text(VALUE)).toBe('[redacted]');
});

test('two streams do not disturb each other', () => {
  const redaction = redactionOf(VALUE);
  const [one, two] = [redaction.stream(), redaction.stream()];
  const half = 9;
  const said = [one, two].map((stream) => stream.push(Buffer.from(VALUE.slice(0, half))).toString());
  for (const [index, stream] of [one, two].entries()) {
    said[index] += stream.push(Buffer.from(VALUE.slice(half))).toString();
    said[index] += stream.end().toString();
  }
  expect(said).toEqual(['[redacted]', '[redacted]']);
});

test('values of fewer than eight bytes are left, as by exec', () => {
  const redaction = redactionOf('true', '1234567');
  expect(redaction.text('true 1234567')).toBe('true 1234567');
  expect(redactionOf('12345678').text('12345678')).toBe('[redacted]');
});

test('of many values that went out the latest are taken out, and those of the beginning always', () => {
  const redaction = redactionOf('of the beginning');
  const value = (number: number) => `released-value-${String(number).padStart(4, '0')}`;
  const release = (number: number) => redaction.addReleased(new Secret(value(number)), 'utf8');
  for (let number = 0; number < 250; number += 1) release(number);
  // It goes out again.
  release(0);
  for (let number = 250; number < 350; number += 1) release(number);
  expect(redaction.size).toBe(257);
  const said = redaction.text(`${value(0)} ${value(1)} ${value(349)} of the beginning`);
  expect(said).toBe(`[redacted] ${value(1)} [redacted] [redacted]`);
});
