import { printable } from '../../../shared/printable.js';

/** What a provider wrote, fit for a sentence: printable, on one line, at most 200 characters, with no stop at its end. */
export function short(text: string): string {
  return printable(text)
    .replace(/\s+/g, ' ')
    .slice(0, 200)
    .replace(/[.\s]+$/, '');
}
