import { describe, expect, test } from 'vitest';
import { pastedResponse } from '../../../daemon/core/oauth/flows/pasted-response.js';

const STATE = 'the-state_1';
const URI = 'http://127.0.0.1:43210/callback';
const ADDRESS = `${URI}?code=a.b-c%2Fd&state=${STATE}&iss=https%3A%2F%2Fid.example.org`;
const LATE = `${URI}?code=a.b-c%2Fd&iss=x&state=${STATE}`;
const EARLY = `${URI}?state=${STATE}&code=a.b-c%2Fd`;

const codeIn = (pasted: string, redirectUri = URI): string | null =>
  pastedResponse(pasted, { redirectUri, state: STATE, names: {} }).get('code');

describe('a pasted address is found', () => {
  test.each([
    ['as it is', ADDRESS],
    ['with white space around it', `  ${ADDRESS}\r\n`],
    ['in double quotes', `"${EARLY}"`],
    ['in single quotes', `'${EARLY}'`],
    ['in backquotes', `\`${EARLY}\``],
    ['in angle brackets', `<${EARLY}>`],
    ['in parentheses', `(${EARLY})`],
    ['as a link of Markdown', `[here](${EARLY})`],
    ['as a link of HTML', `<a href="${EARLY.replaceAll('&', '&amp;')}">`],
    ['in several lines', ADDRESS.replace(/(.{30})/g, '$1\n')],
    ['in several lines that are indented', ADDRESS.replace(/(.{30})/g, '$1\r\n    ')],
    ['as a header', `Location: ${ADDRESS}`],
    ['in a sentence', `The address is ${LATE}.`],
    ['with what a shell escapes', EARLY.replace(/[?&=]/g, '\\$&')],
    ['with invisible characters', `\ufeff\u200b${EARLY}\u200b`],
    ['with its scheme in capitals', EARLY.replace('http', 'HTTP')],
    ['without its scheme', EARLY.replace('http://', '')],
    ['without its beginning', EARLY.slice(EARLY.indexOf('?'))],
    ['without its beginning and the question mark', EARLY.slice(EARLY.indexOf('?') + 1)],
    ['with its parameters after a number sign', EARLY.replace('?', '#')],
    ['with a number sign at the end', `${EARLY}#`],
    ['at another host that led there', EARLY.replace('http://127.0.0.1:43210', 'https://proxy.example.org')],
  ])('%s', (_, pasted) => {
    expect(codeIn(pasted)).toBe('a.b-c/d');
  });

  test('with a scheme of its own', () => {
    const uri = 'com.example.app:/back';
    expect(codeIn(`Go to <${uri}?code=c&state=${STATE}>`, uri)).toBe('c');
  });

  test('with the error of a refusal', () => {
    const pasted = `"${URI}?error=access_denied&state=${STATE}"`;
    expect(pastedResponse(pasted, { redirectUri: URI, state: STATE, names: {} }).get('error')).toBe(
      'access_denied',
    );
  });

  test.each(['4/0Ab-c_d', ' "4/0Ab-c_d" \n', '<4/0Ab-c_d>'])('as the bare code %j of a page', (pasted) => {
    expect(codeIn(pasted, 'urn:ietf:wg:oauth:2.0:oob')).toBe('4/0Ab-c_d');
  });
});

describe('what is not the address is refused', () => {
  test.each([
    ['nothing', ''],
    ['the bare code', 'a.b-c/d'],
    ['another state', ADDRESS.replace(STATE, 'other')],
    ['no state', `${URI}?code=c`],
    ['two states', `${ADDRESS}&state=${STATE}`],
    ['the address that was opened', `https://id.example.org/authorize?state=${STATE}&client_id=c`],
    ['a part of the state', ADDRESS.replace(STATE, STATE.slice(0, -1))],
  ])('%s', (_, pasted) => {
    expect(() => codeIn(pasted)).toThrow('This is not the address');
  });
});
