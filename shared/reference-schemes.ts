// Apart from reference.ts, and without schemas: the commands that must start fast load it.

/** What a reference of each scheme begins with. `ref+` is how vals itself writes it, without `vals:` before it. */
const BEGINNINGS = {
  auth: ['auth://'],
  secret: ['secret://'],
  env: ['env://'],
  vals: ['vals:', 'ref+'],
} as const;

export type ReferenceScheme = keyof typeof BEGINNINGS;

const ALL_SCHEMES: readonly ReferenceScheme[] = ['auth', 'secret', 'env', 'vals'];

/**
 * The schemes that count in an environment variable that the user has not named: others, such as `vals:`, also occur in
 * ordinary values.
 */
export const INHERITED_SCHEMES: readonly ReferenceScheme[] = ['auth', 'secret'];

/**
 * Whether a text is meant as a reference, well-formed or not: a misspelled reference must not pass as a value.
 * `parseReference` tells whether it is well-formed.
 */
export function looksLikeReference(text: string, schemes: readonly ReferenceScheme[] = ALL_SCHEMES): boolean {
  return schemes.some((scheme) => BEGINNINGS[scheme].some((beginning) => text.startsWith(beginning)));
}

/**
 * The source of a pattern that finds the beginning of a reference inside another text. It leaves out `vals:`, which
 * occurs in ordinary text, `{vals:5}` for one; behind it there is `ref+` in every well-formed reference.
 */
export const BEGINNING_IN_TEXT = Object.values(BEGINNINGS)
  .flat()
  .filter((beginning) => beginning !== 'vals:')
  .map((beginning) => beginning.replace('+', '\\+'))
  .join('|');
