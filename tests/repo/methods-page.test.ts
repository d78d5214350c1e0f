import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { methodNames } from '../../shared/contract/index.js';
import { methodsPage } from '../build/methods-page.js';
import { methodModels } from '../build/model.js';

const page = readFileSync(fileURLToPath(new URL('../../daemon/METHODS.md', import.meta.url)), 'utf8');

test('daemon/METHODS.md is what the contract says now', () => {
  expect(page, 'Write it again with: npm run docs').toBe(methodsPage());
});

test('it has every method, and a row for every parameter', () => {
  for (const name of methodNames) expect(page).toContain(`\n## ${name}\n`);
  for (const { name, params } of methodModels()) {
    const section = page.slice(page.indexOf(`\n## ${name}\n`));
    for (const param of params) expect(section).toContain(`| \`${param.name}\` | `);
  }
});

test('every link leads to a heading of the page', () => {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text.toLowerCase().replaceAll('.', '').replaceAll(' ', '-'),
  );
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter((link) => !headings.includes(link))).toEqual([]);
});
