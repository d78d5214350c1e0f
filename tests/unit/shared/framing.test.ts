import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeLine, LineDecoder, MAX_CLIENT_LINE } from '../../../shared/framing.js';

function linesOf(decoder: LineDecoder, chunks: readonly Uint8Array[]): (string | null)[] {
  return chunks.flatMap((chunk) => [...decoder.push(Buffer.from(chunk))]);
}

/** `bytes` cut at these places, in whatever order and number they come. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

describe('lines', () => {
  test('are the same wherever the bytes were split', () => {
    const messages = fc.array(fc.jsonValue({ noUnicodeString: false }), { maxLength: 8 });
    const places = fc.array(fc.nat(), { maxLength: 12 });
    fc.assert(
      fc.property(messages, places, (values, at) => {
        const bytes = Buffer.from(values.map(encodeLine).join(''));
        const lines = linesOf(new LineDecoder(), cut(bytes, at));
        expect(lines).toEqual(values.map((value) => JSON.stringify(value)));
      }),
    );
  });

  test('are the same byte by byte, characters of several bytes included', () => {
    const bytes = Buffer.from(encodeLine({ text: 'Grüße, 世界 🌍\n' }));
    const lines = linesOf(
      new LineDecoder(),
      [...bytes].map((byte) => Uint8Array.of(byte)),
    );
    expect(lines).toEqual([JSON.stringify({ text: 'Grüße, 世界 🌍\n' })]);
  });

  test('that are empty are lines too', () => {
    expect(linesOf(new LineDecoder(), [Buffer.from('\n\na\n')])).toEqual(['', '', 'a']);
  });

  test('that have not ended are held back, and counted', () => {
    const decoder = new LineDecoder();
    expect(linesOf(decoder, [Buffer.from('one\ntw')])).toEqual(['one']);
    expect(decoder.pendingBytes).toBe(2);
    expect(linesOf(decoder, [Buffer.from('o\n')])).toEqual(['two']);
    expect(decoder.pendingBytes).toBe(0);
  });
});

describe('the limit', () => {
  const limit = 64;
  const limitExceeded = expect.objectContaining({ kind: 'limit_exceeded' });

  test('allows a line of exactly that many bytes, split anywhere, and none of one more', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 4 }), (at) => {
        const fits = Buffer.from(`${'x'.repeat(limit)}\n`);
        expect(linesOf(new LineDecoder(limit), cut(fits, at))).toEqual(['x'.repeat(limit)]);
        const tooLong = Buffer.from(`${'x'.repeat(limit + 1)}\n`);
        expect(() => linesOf(new LineDecoder(limit), cut(tooLong, at))).toThrow(limitExceeded);
      }),
    );
  });

  test('counts bytes, not characters', () => {
    expect(linesOf(new LineDecoder(4), [Buffer.from('éé\n')])).toEqual(['éé']);
    expect(() => linesOf(new LineDecoder(4), [Buffer.from('ééé\n')])).toThrow(limitExceeded);
  });

  test('does not wait for the end of a line that is too long already', () => {
    expect(() => linesOf(new LineDecoder(limit), [Buffer.alloc(limit), Buffer.alloc(1)])).toThrow(
      limitExceeded,
    );
  });

  test('of a client is one MiB', () => {
    expect(MAX_CLIENT_LINE).toBe(1_048_576);
  });
});

describe('bytes that are not UTF-8', () => {
  test.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a character cut short', [0xe4, 0xb8]],
  ])('%s make a line null and leave the next one alone', (_, bytes) => {
    const chunk = Buffer.from([...bytes, 0x0a, 0x61, 0x0a]);
    expect(linesOf(new LineDecoder(), [chunk])).toEqual([null, 'a']);
  });

  test('give null or the text itself, for any bytes at any split', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(fc.nat(), { maxLength: 6 }), (raw, at) => {
        const line = Buffer.from(raw.filter((byte) => byte !== 0x0a));
        const [decoded] = linesOf(new LineDecoder(), cut(Buffer.concat([line, Buffer.from('\n')]), at));
        expect(decoded === null || Buffer.from(decoded ?? '').equals(line)).toBe(true);
        expect(decoded === null).toBe(!Buffer.from(line.toString('utf8')).equals(line));
      }),
    );
  });
});
