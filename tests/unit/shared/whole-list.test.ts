import { describe, expect, test } from 'vitest';
import { wholeList } from '../../../shared/contract/whole-list.js';

const secret = (key: string) => ({ key, value: 'x', encoding: 'utf8' });

/** Asks for the whole list of secrets, with these pages one after the other, the last of them again and again. */
function listOf(pages: readonly object[]) {
  const asked: unknown[] = [];
  const ask = async (params: unknown) => {
    asked.push(params);
    return pages[Math.min(asked.length, pages.length) - 1];
  };
  return { asked, list: wholeList('get_secrets', ask)({ prefix: 'p' }) };
}

describe('a list that comes by page', () => {
  test('is one list of everything, also where a page is empty', async () => {
    const { asked, list } = listOf([
      { secrets: [secret('a')], cursor: '1' },
      { secrets: [], damaged: ['b'], cursor: '2' },
      { secrets: [], cursor: '3' },
      { secrets: [secret('e')], damaged: ['f'], cursor: null },
    ]);
    expect(await list).toEqual({ secrets: [secret('a'), secret('e')], damaged: ['b', 'f'], cursor: null });
    expect(asked).toEqual(
      [{}, { cursor: '1' }, { cursor: '2' }, { cursor: '3' }].map((c) => ({ prefix: 'p', ...c })),
    );
  });

  test.each<[string, object[]]>([
    ['the same cursor again', [{ secrets: [secret('a')], cursor: '1' }]],
    [
      'cursors in a circle',
      Array.from({ length: 9000 }, (_, at) => ({ secrets: [secret('a')], cursor: `${at % 7}` })),
    ],
    ['empty pages', Array.from({ length: 9000 }, (_, at) => ({ secrets: [], cursor: `${at}` }))],
    ['an empty cursor', [{ secrets: [], cursor: '' }]],
  ])('and never ends, with %s, is given up', async (_, pages) => {
    const { asked, list } = listOf(pages);
    await expect(list).rejects.toMatchObject({
      kind: 'incompatible',
      message: 'The pages that the daemon gives for get_secrets have no end.',
      hint: expect.stringContaining('sigilforge daemon restart'),
    });
    expect(asked.length).toBeLessThan(2000);
  });
});
