import { describe, expect, test } from 'vitest';
import { MOST_NAMES, nearest } from '../../../shared/nearest.js';

const NAMES = ['github', 'github-app', 'gitlab', 'google', 'slack', 'x'];

describe('nearest', () => {
  test.each([
    ['gihtub', 'github'],
    ['githbu', 'github'],
    ['gitub', 'github'],
    ['githubb', 'github'],
    ['GitHub', 'github'],
    ['github_app', 'github-app'],
    ['gitlap', 'gitlab'],
    ['goo', 'google'],
    ['slack-user', 'slack'],
  ])('%s is taken for %s', (typed, name) => {
    expect(nearest(typed, NAMES)).toBe(name);
  });

  test.each(['openai', 'y', 'ab', 'xy', '', 'github'])('%j is taken for no other', (typed) => {
    expect(nearest(typed, ['github', 'x', 'z'])).toBeUndefined();
  });

  test('fewer slips win, then the first', () => {
    expect(nearest('team/tokem', ['team/tokens', 'team/token', 'team/toker'])).toBe('team/token');
  });

  test('it looks at so many names and no more', () => {
    const others = Array.from({ length: MOST_NAMES }, (_, index) => `other name ${index}`);
    expect(nearest('gihtub', [...others.slice(1), 'github'])).toBe('github');
    expect(nearest('gihtub', [...others, 'github'])).toBeUndefined();
    expect(nearest('a'.repeat(200), [`${'a'.repeat(199)}b`])).toBeUndefined();
  });
});
