import { describe, expect, test } from 'vitest';
import { readRefusal, readRoleCredentials } from '../../../daemon/core/aws/sts-answer.js';

const KEYS = `<AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s/+=</SecretAccessKey>
  <SessionToken>t&amp;&lt;==</SessionToken><Expiration>2026-01-31T13:00:00Z</Expiration>`;
const answer = (inner: string): string =>
  `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>${inner}</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
const credentials = (keys: string): string => answer(`<Credentials>${keys}</Credentials>`);

test.each([
  ['as AWS sends it', credentials(KEYS)],
  ['with a mark of its encoding', `<?xml version="1.0" encoding="UTF-8"?>\n${credentials(KEYS)}`],
  ['with parts of a second', credentials(KEYS.replace('00Z', '00.000Z'))],
  ['with what else it may say', answer(`<Audience>x</Audience><Credentials>${KEYS}</Credentials>`)],
])('an answer %s', (_, xml) => {
  const read = readRoleCredentials(xml);
  expect(read?.accessKeyId).toBe('ASIA1');
  expect(read?.secretAccessKey.reveal()).toBe('s/+=');
  expect(read?.sessionToken.reveal()).toBe('t&<==');
  expect(read?.expiresAt).toBe(Date.parse('2026-01-31T13:00:00.000Z'));
});

describe('not an answer:', () => {
  test.each([
    ['nothing', ''],
    ['another document', credentials(KEYS).replaceAll('AssumeRoleWithWebIdentityResponse', 'Other')],
    ['text in front', `x${credentials(KEYS)}`],
    ['a declaration', `<!DOCTYPE x [<!ENTITY e "x">]>${credentials(KEYS)}`],
    ['a comment', credentials(`<!-- -->${KEYS}`)],
    ['a section', credentials(KEYS.replace('ASIA1', '<![CDATA[ASIA1]]>'))],
    ['credentials twice', answer(`<Credentials>${KEYS}</Credentials><Credentials>${KEYS}</Credentials>`)],
    ['a key twice', credentials(`${KEYS}<AccessKeyId>ASIA2</AccessKeyId>`)],
    ['no key', credentials(KEYS.replace(/<SecretAccessKey>.*<\/SecretAccessKey>/, ''))],
    ['an empty key', credentials(KEYS.replace('s/+=', ' '))],
    ['an element in a key', credentials(KEYS.replace('s/+=', '<b>s</b>'))],
    ['a line break in a key', credentials(KEYS.replace('s/+=', 's\nx'))],
    ['an entity that is not known', credentials(KEYS.replace('&amp;', '&e;'))],
    ['a control character by its number', credentials(KEYS.replace('&amp;', '&#10;'))],
    ['a moment that is not one', credentials(KEYS.replace('2026-01-31T13:00:00Z', '1769864400'))],
    ['keys outside of the credentials', answer(`${KEYS}<Credentials></Credentials>`)],
    ['a long one', credentials(`${KEYS}${' '.repeat(70_000)}`)],
  ])('%s', (_, xml) => {
    expect(readRoleCredentials(xml)).toBeUndefined();
  });
});

describe('a refusal', () => {
  const refusal = (code: string): string =>
    `<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`;

  test('is known by its code', () => {
    expect(readRefusal(refusal('AccessDenied'))).toBe('AccessDenied');
    expect(readRefusal(refusal('Sts.Throttled'))).toBe('Sts.Throttled');
  });

  test.each(['', 'two words', `A${'a'.repeat(70)}`, '1st', 'a\u001b[m'])('%j is not a code', (code) => {
    expect(readRefusal(refusal(code))).toBeUndefined();
  });

  test('without one is not known', () => {
    expect(readRefusal('<html><Code>AccessDenied</Code></html>')).toBeUndefined();
  });
});
