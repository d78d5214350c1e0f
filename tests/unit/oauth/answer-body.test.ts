import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readAnswerObject } from '../../../daemon/core/oauth/answers/answer-body.js';

const fields = { access_token: 'a', refresh_token: 'r', expires_in: 3600, name: 'Zoë' };
const json = JSON.stringify(fields);
const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

function read(body: Buffer | string, headers: Record<string, string> = {}) {
  return readAnswerObject({ body: Buffer.from(body), headers: new Headers(headers) });
}

describe('an answer is read by its shape', () => {
  test.each<[string, Buffer | string, Record<string, string>?]>([
    ['plain', json],
    ['with a mark', `\uFEFF${json}`],
    ['with two marks', `\uFEFF\uFEFF${json}`],
    ['with blanks around it', `\r\n\t${json}\n\n`],
    ['called a page', json, { 'content-type': 'text/html' }],
    ['in UTF-16, little end first', Buffer.from(`\uFEFF${json}`, 'utf16le')],
    ['in UTF-16, big end first', utf16be(`\uFEFF${json}`)],
    ['in UTF-16 without a mark', Buffer.from(json, 'utf16le')],
    ['in UTF-16 without a mark, big end first', utf16be(json)],
    ['gzip', gzipSync(json), { 'content-encoding': 'gzip' }],
    ['gzip that is not named', gzipSync(json)],
    ['gzip that is named otherwise', gzipSync(json), { 'content-encoding': 'br' }],
    ['gzip twice, named once', gzipSync(gzipSync(json)), { 'content-encoding': 'gzip' }],
    ['gzip that is none', json, { 'content-encoding': 'gzip' }],
    ['x-gzip, and a mark in it', gzipSync(`\uFEFF${json}`), { 'content-encoding': 'X-GZIP' }],
    ['brotli', brotliCompressSync(json), { 'content-encoding': 'br' }],
    ['deflate', deflateSync(json), { 'content-encoding': 'deflate' }],
    ['deflate without its frame', deflateRawSync(json), { 'content-encoding': 'deflate' }],
    ['deflate, then gzip', gzipSync(deflateSync(json)), { 'content-encoding': 'deflate, gzip' }],
    ['within a string', JSON.stringify(json)],
    ['within a list of one', `[${json}]`],
    ['with a guard before it', `)]}'\n${json}`],
    ['with a loop before it', `for(;;);${json}`],
    ['in a callback', `callback(${json});`],
    ['with a warning before it', `<br />\n<b>Warning</b>: gone\n${json}`],
    ['with a comma too many', `${json.slice(0, -1)},}`],
    ['with a second line', `${json}\n{"trace":"}"}`],
    ['with what WordPress writes behind it', `${json}0`],
    ['twice', json + json],
    ['behind a warning with braces', `Notice: Undefined {index} in x\n${json}`],
    ['as an event', `event: token\ndata: ${json}\n\n`],
    ['as a part of several', `--b\r\nContent-Type: application/json\r\n\r\n${json}\r\n--b--`],
    ['behind a first head, of a proxy', `HTTP/1.1 200 OK\r\nVia: x\r\n\r\n${json}`],
    ['in base64', Buffer.from(json).toString('base64')],
    ['with a field that is not JSON', `${json.slice(0, -1)},"nonce":undefined,"at":NaN}`],
    ['zlib that is not named', deflateSync(json)],
    ['brotli that is not named', brotliCompressSync(json)],
    ['gzip without its checksum', gzipSync(json).subarray(0, -8)],
    ['gzip with something behind it', Buffer.concat([gzipSync(json), Buffer.from('\r\n')])],
  ])('%s', (_, body, headers) => {
    expect(read(body, headers)).toEqual(fields);
  });

  test.each<[string, string, object]>([
    [
      'a form',
      'access_token=a&refresh_token=r%2B&scope=x+y',
      { access_token: 'a', refresh_token: 'r+', scope: 'x y' },
    ],
    ['a form with an error', 'error=invalid_grant&error_description=gone', { error: 'invalid_grant' }],
    ['a form with blanks', 'scope=read write&refresh_token=r', { scope: 'read write', refresh_token: 'r' }],
    ['a form behind its mark', '?refresh_token=r', { refresh_token: 'r' }],
    ['a form with JSON in it', 'refresh_token=r&user={"id":1}', { user: '{"id":1}' }],
    ['a form with a line end', 'refresh_token=r\n', { refresh_token: 'r' }],
    ['a form of the device grant', 'device_code=d&user_code=u', { device_code: 'd' }],
  ])('%s', (_, body, expected) => {
    expect(read(body)).toMatchObject(expected);
  });

  test.each<[string, Buffer | string, Record<string, string>?]>([
    ['nothing', ''],
    ['a page', '<html><body>{"busy":true}</body></html>'],
    ['a page with a token for maps', '<html><script>var c={"access_token":"pk.x","zoom":3}</script>'],
    ['a page with an error', '<!doctype html><script>var text={"error":"login_required"}</script>'],
    ['a page with a form', '<a href="?access_token=a">'],
    ['a number', '7'],
    ['a list of two', `[${json},${json}]`],
    ['JSON cut off within its refresh token', json.slice(0, 38)],
    ['another form', 'a=1&b=2'],
    ['a text with the word', 'error: access_token=a'],
    ['half of gzip', gzipSync(json).subarray(0, 20), { 'content-encoding': 'gzip' }],
    ['a bomb', gzipSync(Buffer.alloc(8 * 1024 * 1024, ' '))],
    ['noise', Buffer.from([0x1f, 0x8b, 1, 2, 3])],
  ])('but not %s', (_, body, headers) => {
    expect(read(body, headers)).toBeUndefined();
  });
});

describe('an answer that was cut off', () => {
  test('is read if its refresh token and lifetime came whole', () => {
    expect(read('{"access_token":"a,b","expires_in":60,"refresh_token":"r","scope":"x')).toEqual({
      access_token: 'a,b',
      expires_in: 60,
      refresh_token: 'r',
    });
  });

  test('without its lifetime, only the refresh token counts', () => {
    expect(read('{"access_token":"a","refresh_token":"r","expires_in":36')).toEqual({
      refresh_token: 'r',
    });
  });

  test.each(['{"access_token":"a","expires_in":60,"refresh_token":"r', '{"access_token":"a",', '{"x', ''])(
    'is not read without a refresh token: %s',
    (body) => {
      expect(read(body)).toBeUndefined();
    },
  );

  test('is a form without its last field, which may be half a token', () => {
    const headers = new Headers();
    const read = (text: string) => readAnswerObject({ body: Buffer.from(text), headers, complete: false });
    expect(read('access_token=a&expires_in=60&refresh_token=r')).toEqual({
      access_token: 'a',
      expires_in: '60',
    });
    expect(read('refresh_token=r&access_token=a&expires_in=6')).toEqual({
      refresh_token: 'r',
      access_token: 'a',
    });
    expect(read('refresh_token=r')).toBeUndefined();
  });
});

/** Some of these once took minutes, in which nothing else was answered. */
test('an answer of megabytes that means ill is given up as soon as others are read', () => {
  const many = (text: string): string => text.repeat(4_000_000 / text.length);
  const bodies: [string, Record<string, string>?][] = [
    ['x', { 'content-encoding': many('deflate,') }],
    [many('{"a":')],
    [many('{')],
    [many('{"a":[1,')],
    [`{"a":1,${many('"b":x,')}`],
    [`{"access_token":"a"${many(' ')}!`],
    [`eyJ${many('A ')}!`],
    [many('=')],
  ];
  for (const [body, headers] of bodies) expect(read(body, headers)).toBeUndefined();
});
