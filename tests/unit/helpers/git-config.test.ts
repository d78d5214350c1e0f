import { describe, expect, test } from 'vitest';
import { holdsOurs, ourSections, withoutSections, withSection } from '../../../cli/helpers/git-config.js';

const all = (): boolean => true;
const general = { url: '', variables: [{ name: 'helper', value: '!/opt/sigilforge git-credential' }] };
const github = {
  url: 'https://github.com',
  variables: [
    { name: 'helper', value: '' },
    { name: 'helper', value: `!'/opt/a "b" \\c/sigilforge' git-credential` },
  ],
};

const texts = [
  '',
  '\n',
  '[user]\n\tname = Ada\n',
  '[user]\n\tname = Ada',
  '; a comment\r\n[credential]\r\n\thelper = cache\r\n',
  '[credential "https://github.com"]\n\thelper = store # mine\n\n# the end',
  '[alias]\n\tl = "!git log \\\n[all]"\n',
];

describe.each(texts.map((text) => [text]))('%j', (text) => {
  test('is the same again, byte for byte', () => {
    const one = withSection(text, github);
    const two = withSection(one, general);
    expect(two.startsWith(text)).toBe(true);
    expect(ourSections(two)).toEqual([general, github]);
    expect(withoutSections(two, all)).toBe(text);
    expect(
      withoutSections(
        withoutSections(two, (url) => url === ''),
        all,
      ),
    ).toBe(text);
    expect(
      withoutSections(
        withoutSections(two, (url) => url !== ''),
        all,
      ),
    ).toBe(text);
    expect(withoutSections(text, all)).toBe(text);
    expect([holdsOurs(two), holdsOurs(text)]).toEqual([true, false]);
  });

  test('is not changed twice', () => {
    const both = withSection(withSection(text, github), general);
    expect(withSection(both, github)).toBe(both);
    expect(withSection(both, general)).toBe(both);
  });

  test('takes another value in the place of the first', () => {
    const other = { ...github, variables: [{ name: 'helper', value: '!other' }] };
    const changed = withSection(withSection(text, github), other);
    expect(ourSections(changed)).toEqual([other]);
    expect(withoutSections(changed, all)).toBe(text);
  });
});

test('what is for an address within comes behind, because the last that fits decides', () => {
  const at = (url: string) => ({ url, variables: [{ name: 'helper', value: url || 'all' }] });
  const urls = ['https://a.b/c/d', 'https://a.b.c', 'https://a.b/c', 'https://a.b', ''];
  for (const text of ['', '[user]\n\tname = Ada']) {
    const all = urls.reduce((before, url) => withSection(before, at(url)), text);
    expect(ourSections(all)).toEqual(
      ['', 'https://a.b', 'https://a.b/c', 'https://a.b/c/d', 'https://a.b.c'].map(at),
    );
    const less = urls.reduce((before, url) => withoutSections(before, (other) => other === url), all);
    expect(less).toBe(text);
  }
});

test('what was added meanwhile stays', () => {
  const text = '[user]\n\tname = Ada';
  const added = `${withSection(text, general)}[core]\n\teditor = vi\n`;
  expect(withoutSections(added, all)).toBe(`${text}\n[core]\n\teditor = vi\n`);
});

test('a header of ours stays for what git has put below it', () => {
  const text = withSection('[user]\n\tname = Ada\n', github);
  const added = `${text}\tusername = ada\n`;
  expect(withoutSections(added, all)).toBe(
    '[user]\n\tname = Ada\n[credential "https://github.com"]\n\tusername = ada\n',
  );
});

test('a line of ours below the header of a person goes, the header stays', () => {
  const text = '[credential]\n\thelper = cache\n\thelper = "!x"\t# sigilforge\n';
  expect(withoutSections(text, all)).toBe('[credential]\n\thelper = cache\n');
});
