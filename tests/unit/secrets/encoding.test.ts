import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromStored, readBytes, toStored, writeBytes } from '../../../daemon/core/secrets/encoding.js';
import { MAX_SECRET_BYTES } from '../../../shared/limits.js';

const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
const text = fc.string({ unit: 'binary', maxLength: 200 });

describe('a value is kept to the byte', () => {
  test('any bytes as base64', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const read = readBytes(value.toString('base64'), 'base64');
        const { value: written, encoding } = writeBytes(fromStored(toStored(read)));
        expect(Buffer.from(written, encoding)).toEqual(value);
      }),
    );
  });

  test('any text as text', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(writeBytes(fromStored(toStored(readBytes(value, 'utf8'))))).toEqual({
          value,
          encoding: 'utf8',
        });
      }),
    );
  });

  test.each([
    '',
    'base64:',
    'base64:YQ==',
    '\ufeffbom',
    'a\0b',
    '\u001b[0m',
    'line\r\nline\n',
    '😀',
    '\u2028',
  ])('the odd text %j', (value) => {
    expect(writeBytes(fromStored(toStored(readBytes(value, 'utf8'))))).toEqual({ value, encoding: 'utf8' });
  });
});

test('what is readable is kept readable, anything else as base64, and nothing as nothing', () => {
  expect(toStored(Buffer.from('line\nline')).reveal()).toBe('line\nline');
  expect(toStored(Buffer.from('base64:x')).reveal()).toBe('base64:YmFzZTY0Ong=');
  expect(toStored(Buffer.from([0xff, 0])).reveal()).toBe('base64:/wA=');
  expect(toStored(Buffer.alloc(0)).reveal()).toBe('base64:');
});

test.each(['a', 'YQ', 'YQ=', 'YR==', 'Y Q==', 'YQ==\n', '_-8=', 'canary!'])('%j is not base64', (value) => {
  expect(() => readBytes(value, 'base64')).toThrow(
    expect.objectContaining({
      kind: 'invalid_params',
      message: 'The value is not base64 with its padding.',
    }),
  );
});

test('half a surrogate pair is not text', () => {
  expect(() => readBytes('\ud800canary', 'utf8')).toThrow(
    expect.objectContaining({ kind: 'invalid_params', message: expect.not.stringContaining('canary') }),
  );
});

test('256 KiB are the most, counted in bytes', () => {
  expect(readBytes('x'.repeat(MAX_SECRET_BYTES), 'utf8')).toHaveLength(256 * 1024);
  const tooMuch = expect.objectContaining({ kind: 'limit_exceeded' });
  expect(() => readBytes('x'.repeat(MAX_SECRET_BYTES + 1), 'utf8')).toThrow(tooMuch);
  expect(() => readBytes('ä'.repeat(MAX_SECRET_BYTES / 2 + 1), 'utf8')).toThrow(tooMuch);
  const large = Buffer.alloc(MAX_SECRET_BYTES + 1).toString('base64');
  expect(() => readBytes(large, 'base64')).toThrow(tooMuch);
});
