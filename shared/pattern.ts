import * as v from 'valibot';

/** What a pattern means, by the pattern. A person is told this, and never the pattern. */
const meanings = new WeakMap<RegExp, string>();

/** Text that fits `expression`. `meaning` completes the sentence "this is not …". */
export function pattern(expression: RegExp, meaning: string): v.RegexAction<string, undefined> {
  meanings.set(expression, meaning);
  return v.regex(expression);
}

/** The meaning of the requirement that a text did not fit. */
export function meaningOf(requirement: unknown): string {
  return (requirement instanceof RegExp ? meanings.get(requirement) : undefined) ?? 'of the right form';
}
