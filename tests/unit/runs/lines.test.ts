import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteLines, TextLines } from '../../../daemon/core/runs/lines.js';

/** Cuts a text at these places, which may be the same. */
function split(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

const texts = fc.array(fc.constantFrom('{', '\n', 'a', '}', 'é', '𝄞'), { maxLength: 40 });
const places = fc.array(fc.nat(100), { maxLength: 8 });

test('whole lines come in their order, one that begins with a brace always by itself', () => {
  fc.assert(
    fc.property(texts, places, (parts, cuts) => {
      const bytes = Buffer.from(parts.join(''));
      const lines = new ByteLines();
      const wholes = split(bytes, cuts).flatMap((chunk) => [...lines.push(chunk)].map(String));
      const rest = String(lines.end());
      expect(wholes.join('') + rest).toBe(bytes.toString());
      expect(rest).not.toContain('\n');
      for (const whole of wholes) {
        expect(whole).toMatch(/\n$/);
        const ofThem = whole.slice(0, -1).split('\n');
        if (ofThem.some((line) => line.startsWith('{'))) expect(ofThem).toHaveLength(1);
      }
      expect(lines.pendingBytes).toBe(0);
    }),
  );
});

test('text comes line by line wherever its bytes were split, and what is too long in parts', () => {
  fc.assert(
    fc.property(texts, places, (parts, cuts) => {
      const text = parts.join('');
      const lines = new TextLines(8);
      const found = split(Buffer.from(text), cuts).flatMap((chunk) => [...lines.push(chunk)]);
      found.push(...lines.end());
      expect(found.join('')).toBe(text.replaceAll('\n', ''));
      for (const line of found) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(8);
    }),
  );
});

test('short lines are those of the text', () => {
  const lines = new TextLines(1024);
  expect([
    ...lines.push(Buffer.from('one\n\ntw')),
    ...lines.push(Buffer.from('o\nthree')),
    ...lines.end(),
  ]).toEqual(['one', '', 'two', 'three']);
});
