import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerReader } from '../../../daemon/core/oauth/http/answer-reader.js';

/** What is read of bytes that arrive in these pieces, before the connection ends. */
function read(pieces: readonly (string | Buffer)[], closed = false) {
  const reader = new AnswerReader();
  for (const piece of pieces) reader.push(Buffer.from(piece));
  const arrived = reader.arrived(closed);
  return {
    over: reader.isOver,
    ...(arrived && {
      status: arrived.status,
      headers: [...arrived.headers],
      body: arrived.body.toString('latin1'),
      whole: arrived.isWhole,
    }),
  };
}

const chunked = (parts: readonly Buffer[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]),
    Buffer.from('0\r\nTrailer: 1\r\n\r\n'),
  ]);

const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((array) => Buffer.from(array));
const eol = fc.constantFrom('\r\n', '\n');
/** A well-formed answer, its body, and how its end is known. */
const answers = fc
  .record({
    parts: fc.array(bytes, { maxLength: 5 }),
    framing: fc.constantFrom('length', 'chunks', 'end'),
    eol,
  })
  .map(({ parts, framing, eol: end }) => {
    const body = Buffer.concat(parts);
    const fields = {
      length: [`Content-Length: ${body.length}`],
      chunks: ['Transfer-Encoding: chunked'],
      end: [],
    };
    const head = ['HTTP/1.1 200 OK', 'X-One: 1', ...fields[framing], '', ''].join(end);
    return {
      ...{ framing, body },
      message: Buffer.concat([Buffer.from(head), framing === 'chunks' ? chunked(parts) : body]),
    };
  });

describe('an answer', () => {
  test('is the same however it is cut into pieces, and is over with its last byte', () => {
    fc.assert(
      fc.property(answers, fc.array(fc.nat()), ({ message, body, framing }, cuts) => {
        const places = [...cuts.map((cut) => cut % message.length), message.length].sort((a, b) => a - b);
        const pieces = places.map((place, index) => message.subarray(places[index - 1] ?? 0, place));
        const isWhole = framing !== 'end';
        expect(read(pieces)).toMatchObject({
          ...{ status: 200, body: body.toString('latin1'), whole: isWhole, over: isWhole },
        });
        expect(read(pieces, true)).toMatchObject({ body: body.toString('latin1'), whole: true });
      }),
    );
  });

  test('is not whole while a byte of its body is missing', () => {
    fc.assert(
      fc.property(
        answers.filter(({ framing, body }) => framing !== 'end' && body.length > 0),
        fc.nat(),
        ({ message, framing }, cut) => {
          // The last chunk and its trailers are no part of the body.
          const tail = framing === 'chunks' ? '\r\n0\r\nTrailer: 1\r\n\r\n'.length : 0;
          const piece = message.subarray(0, cut % (message.length - tail));
          const { whole = false, over } = read([piece], true);
          expect({ whole, over }).toEqual({ whole: false, over: false });
        },
      ),
    );
  });

  test('of four megabytes in single bytes takes no longer than it has bytes', () => {
    const head = `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_000_000)}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const message = Buffer.from(`${head}${'1\r\na\r\n'.repeat(500_000)}0\r\n\r\n`);
    const reader = new AnswerReader();
    for (let at = 0; at < message.length; at++) reader.push(message.subarray(at, at + 1));
    expect(reader.arrived(false)?.body.length).toBe(500_000);
  });

  test.each([
    ['0 bytes', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n', 400],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['304 with the length of something else', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n', 304],
    ['no chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 200],
  ])('without a body is over with its head: %s', (_, message, status) => {
    expect(read([message])).toMatchObject({ over: true, whole: true, status, body: '' });
  });

  test('ends where its length says, if only white space is behind it', () => {
    expect(read(['HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}\r\n\r\n'])).toMatchObject({
      body: '{}',
    });
  });

  test('keeps every header that can be one', () => {
    const { headers } = read([
      'HTTP/1.1 200 OK\nRetry-After : 7\nno header\n: nothing\nX: a\n b\nBad: \0\nSet-Cookie: a\nSet-Cookie: b\n\n',
    ]);
    expect(headers).toEqual([
      ['retry-after', '7'],
      ['set-cookie', 'a'],
      ['set-cookie', 'b'],
      ['x', 'a b'],
    ]);
  });
});

test.each([
  'SSH-2.0-OpenSSH\r\n',
  '\x15\x03\x01\0\x02\x02\n',
  'HTTP/1.1 2000 OK\r\n',
  '{"access_token":"a"}\n',
])('what does not begin with a status line is over at once: %j', (text) => {
  expect(read([text])).toEqual({ over: true });
});
