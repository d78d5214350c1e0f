import { randomInt } from 'node:crypto';
import { isSameText } from '../platform/same-text.js';
import { WORDS } from './word-list.js';

/** Two words, for a person to read in one place and type in another. */
export function newWords(): string {
  return [pick(), pick()].join(' ');
}

/** However they are spaced, and in capitals or not. */
export function isSameWords(typed: string, words: string): boolean {
  const usual = typed
    .trim()
    .toLowerCase()
    .split(/[\s-]+/)
    .join(' ');
  return isSameText(usual, words);
}

function pick(): string {
  return WORDS[randomInt(WORDS.length)] ?? '';
}
