import * as v from 'valibot';

/** What a pattern or a rule means, by itself. A person is told this, and never the pattern. */
const meanings = new WeakMap<object, string>();

/** Text that fits `expression`. `meaning` completes the sentence "this is not …". */
export function pattern(expression: RegExp, meaning: string): v.RegexAction<string, undefined> {
  meanings.set(expression, meaning);
  return v.regex(expression);
}

/** A value for which `holds`. `meaning` completes the sentence "this is not …". */
export function rule<T>(holds: (value: T) => boolean, meaning: string): v.CheckAction<T, undefined> {
  meanings.set(holds, meaning);
  return v.check(holds);
}

/** The meaning of the requirement that a value did not fit; `undefined` if it has none. */
export function meaningOf(requirement: unknown): string | undefined {
  const isThing = requirement instanceof RegExp || typeof requirement === 'function';
  return isThing ? meanings.get(requirement) : undefined;
}
