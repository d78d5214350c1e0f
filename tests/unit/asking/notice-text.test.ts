import { expect, test } from 'vitest';
import { noticeText } from '../../../daemon/core/asking/notice/notice-text.js';

const asked = { capability: 'weather', words: 'amber falcon', address: undefined };

test('a notice says who asks for what, and the words', () => {
  expect(noticeText({ ...asked, names: ['API_KEY'] })).toEqual({
    summary: 'Sigilforge: weather asks for a secret',
    body: 'API_KEY. The words for its page: amber falcon. If you did not expect this, ignore it. See also: sigilforge secret requests',
  });
});

test('many names do not push the words out', () => {
  expect(noticeText({ ...asked, names: ['A', 'B', 'C'] })).toMatchObject({
    summary: 'Sigilforge: weather asks for 3 secrets',
    body: expect.stringMatching(/^A, B, C\. The words/),
  });
  const names = Array.from({ length: 16 }, (_, index) => `NAME_${index}`);
  expect(noticeText({ ...asked, names })).toMatchObject({
    summary: 'Sigilforge: weather asks for 16 secrets',
    body: expect.stringMatching(/^NAME_0, NAME_1, NAME_2, and 13 more\. The words/),
  });
});
