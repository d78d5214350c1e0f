import { describe, expect, test } from 'vitest';
import { withMember, withoutMember } from '../../../cli/helpers/json-text.js';

const DOCKER = `{
\t"auths": {
\t\t"https://index.docker.io/v1/": {},
\t\t"a\\"}{,": {"auth": "eHg6eQ==", "n": [1, {"x": null}, -2.5e3]}
\t},
\t"HttpHeaders": {"User-Agent": "Docker-Client"},
\t"detachKeys": "ctrl-e,e",
\t"unknown": true
}
`;

const texts: readonly (readonly [string, string])[] = [
  ['as docker writes it', DOCKER],
  [
    'with helpers that were there',
    DOCKER.replace('"unknown": true', '"credHelpers": {\n\t\t"gcr.io": "gcloud"\n\t}'),
  ],
  ['with no helpers yet', DOCKER.replace('"unknown": true', '"credHelpers": {}')],
  ['with blanks where helpers will be', '{ "credHelpers" : {  }\r\n , "z":1}'],
  ['on one line', '{"auths":{},"credHelpers":{"a":"b"}}'],
  ['on one line with blanks', '{ "auths": {}, "n": 1 }'],
  ['by four blanks', '{\n    "auths": {},\n    "n": 12\n}'],
  ['with windows lines', '{\r\n  "auths": {},\r\n  "n": 12\r\n}\r\n'],
  ['empty', '{}'],
  ['empty on two lines', '{\n}\n'],
];

describe.each(texts)('a text %s', (_, text) => {
  test.each([['credHelpers'], []])('has what was put in at %j, and is as it was without it', (...path) => {
    const changed = withMember(text, path, 'ghcr.io', 'sigilforge') ?? '';
    const before: Record<string, unknown> = JSON.parse(text);
    const helpers = { ...(before['credHelpers'] ?? {}), 'ghcr.io': 'sigilforge' };
    const expected =
      path.length > 0 ? { ...before, credHelpers: helpers } : { ...before, 'ghcr.io': 'sigilforge' };
    expect(JSON.parse(changed)).toEqual(expected);
    expect(withoutMember(changed, path, 'ghcr.io')).toBe(text);
    expect(withoutMember(text, path, 'ghcr.io')).toBe(text);
  });

  test('keeps another one that was put in later', () => {
    const both =
      withMember(withMember(text, ['credHelpers'], 'a.io', 's') ?? '', ['credHelpers'], 'b.io', 's') ?? '';
    const second = withMember(text, ['credHelpers'], 'b.io', 's') ?? '';
    const left = withoutMember(both, ['credHelpers'], 'a.io') ?? '';
    expect(JSON.parse(left)).toEqual(JSON.parse(second));
    expect(withoutMember(left, ['credHelpers'], 'b.io')).toBe(text);
  });
});

test.each(['', '[]', 'x', '{"a":', '{"credHelpers": 1}', '\ufeff{}'])('%j is left as it is', (text) => {
  expect(withMember(text, ['credHelpers'], 'a', 'b')).toBeUndefined();
});

test('what looks like JSON within a text is text', () => {
  const text = '{"a": "{\\"credHelpers\\": {}}", "b\\\\": "}"}';
  const changed = withMember(text, ['credHelpers'], 'x', 'y') ?? '';
  expect(JSON.parse(changed)).toEqual({ ...JSON.parse(text), credHelpers: { x: 'y' } });
  expect(withoutMember(changed, ['credHelpers'], 'x')).toBe(text);
});
