import { describe, expect, test } from 'vitest';
import { BusReader, BusWriter } from '../../../daemon/core/asking/notice/bus-body.js';
import { decodeMessage, encodeCall, lengthOf } from '../../../daemon/core/asking/notice/bus-message.js';

/** A message's bytes, written out: hexadecimal numbers and `text`, each with a length of its own. */
function bytes(...parts: readonly (string | number[])[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

test('a call is written as the specification has it', () => {
  const call = { destination: 'a.b', path: '/c', interface: 'd.e', member: 'F' };
  const body = new BusWriter().uint32(41).bytes;
  expect(encodeCall({ ...call, signature: 'u', body }, 7)).toEqual(
    bytes(
      ['l'.charCodeAt(0), 1, 0, 1, 4, 0, 0, 0, 7, 0, 0, 0, 71, 0, 0, 0],
      ...[[1, 1], 'o\0', [2, 0, 0, 0], '/c\0', [0, 0, 0, 0, 0]],
      ...[[2, 1], 's\0', [3, 0, 0, 0], 'd.e\0', [0, 0, 0, 0]],
      ...[[3, 1], 's\0', [1, 0, 0, 0], 'F\0', [0, 0, 0, 0, 0, 0]],
      ...[[6, 1], 's\0', [3, 0, 0, 0], 'a.b\0', [0, 0, 0, 0]],
      ...[[8, 1], 'g\0', [1], 'u\0', [0]],
      [41, 0, 0, 0],
    ),
  );
});

test('an empty array of structs is followed by the place of its first one', () => {
  const body = new BusWriter()
    .uint32(1)
    .emptyArray('strings')
    .uint32(2)
    .emptyArray('structs')
    .uint32(3).bytes;
  expect(body).toEqual(bytes([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], [3, 0, 0, 0]));
  const odd = new BusWriter().emptyArray('structs').uint32(3).bytes;
  expect(odd).toEqual(bytes([0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]));
});

test('texts are measured in bytes', () => {
  expect(new BusWriter().string('ü').uint32(1).bytes).toEqual(bytes([2, 0, 0, 0], 'ü\0', [0], [1, 0, 0, 0]));
});

describe('an answer', () => {
  const little = bytes(
    ['l'.charCodeAt(0), 2, 1, 1, 4, 0, 0, 0, 9, 0, 0, 0, 15, 0, 0, 0],
    ...[[5, 1], 'u\0', [7, 0, 0, 0], [8, 1], 'g\0', [1], 'u\0', [0]],
    [41, 0, 0, 0],
  );
  const big = bytes(
    ['B'.charCodeAt(0), 2, 1, 1, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0, 15],
    ...[[5, 1], 'u\0', [0, 0, 0, 7], [8, 1], 'g\0', [1], 'u\0', [0]],
    [0, 0, 0, 41],
  );

  test.each([
    ['little endian', little],
    ['big endian', big],
  ])('is read %s', (_, message) => {
    expect(lengthOf(message.subarray(0, 16))).toBe(message.length);
    const { kind, replyTo, body } = decodeMessage(message);
    expect({ kind, replyTo, id: body.uint32(), isAtEnd: body.isAtEnd }).toEqual({
      ...{ kind: 'answer', replyTo: 7, id: 41, isAtEnd: true },
    });
  });

  test('that is cut anywhere or has any byte changed is never more than an error', () => {
    for (let at = 0; at < little.length; at += 1) {
      expectHarmless(little.subarray(0, at));
      for (const value of [0, 1, 127, 128, 255]) {
        const changed = Buffer.from(little);
        changed[at] = value;
        expectHarmless(changed);
      }
    }
  });

  test('is not longer than is held', () => {
    const long = Buffer.from(little.subarray(0, 16));
    long.writeUInt32LE(65_536, 4);
    expect(() => lengthOf(long)).toThrow('too long');
    long.writeUInt32LE(0xffff_ffff, 4);
    long.writeUInt32LE(0xffff_ffff, 12);
    expect(() => lengthOf(long)).toThrow('too long');
  });
});

test('an error has its name', () => {
  const message = bytes(
    ['l'.charCodeAt(0), 3, 1, 1, 0, 0, 0, 0, 9, 0, 0, 0, 24, 0, 0, 0],
    ...[[4, 1], 's\0', [3, 0, 0, 0], 'a.b\0', [0, 0, 0, 0], [5, 1], 'u\0', [7, 0, 0, 0]],
  );
  expect(decodeMessage(message)).toMatchObject({ kind: 'error', errorName: 'a.b', replyTo: 7 });
});

test('a text that goes beyond its end is refused', () => {
  expect(() => new BusReader(bytes([9, 0, 0, 0], 'ab\0'), true).string()).toThrow(RangeError);
  expect(() => new BusReader(bytes([2, 0, 0, 0], 'ab'), true).string()).toThrow(RangeError);
});

/** It is read, or refused by an error. */
function expectHarmless(message: Buffer): void {
  try {
    lengthOf(message);
    decodeMessage(message).body.uint32();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Error);
  }
}
