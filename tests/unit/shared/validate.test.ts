import type * as v from 'valibot';
import { expect, test } from 'vitest';
import * as schemas from '../../../shared/schemas.js';
import { check } from '../../../shared/validate.js';
import { readSource, sourceFiles } from '../../support/sources.js';

function sentence(schema: v.GenericSchema, value: unknown): string {
  const checked = check(schema, value);
  return 'fault' in checked ? checked.fault.sentence : '';
}

const wrong: [schema: v.GenericSchema, value: unknown, said: string][] = [
  [schemas.ServiceName, 'gïthub', 'the value is not a name of 1 to 64 letters'],
  [schemas.AccountName, 'work account', 'digits and . _ @ + -, beginning with a letter or a digit'],
  [schemas.SecretKey, '/k', 'with no / at either end'],
  [schemas.SecretPrefix, 'ö', 'the beginning of a name'],
  [schemas.Scope, 'a b', 'a scope: letters'],
  [schemas.Issuer, 'https://id.example.org/?a=b', 'an address without ? and #'],
  [schemas.RedirectUri, 'callback', 'a whole address such as http://127.0.0.1:8484/callback'],
  [schemas.ExtraParams, { 'a b': 'c' }, 'a name of letters'],
  [schemas.Seconds, -1, 'the value is not at least 0'],
  [schemas.Seconds, 1e9, 'the value is not at most 31536000'],
  [schemas.Timestamp, 'today', 'a time such as 2026-01-31T12:00:00.000Z'],
];

test.each(wrong)('%# what is wrong is said in words: %j', (schema, value, said) => {
  const found = sentence(schema, value);
  expect(found).toContain(said);
  expect(found).not.toMatch(/\^|\$|\[|\\/);
});

test('every pattern says what it means', () => {
  const without = sourceFiles().filter(
    (file) => file !== 'shared/pattern.ts' && readSource(file).includes('v.regex('),
  );
  expect(without).toEqual([]);
});
