// Apart from reference.ts, and without schemas: the commands that must start fast load it.

/**
 * Where a text stands decides what counts as a reference there:
 * - `named`: the user says that it is one, as after `resolve` or `--env NAME=`;
 * - `value`: it may also be ordinary text, as in an env file or an object;
 * - `inherited`: a variable that the user has not named: other schemes, such as `vals:`, also occur in ordinary values;
 * - `template`: it stands in `{{ }}`, where no other language has a word and `://`.
 */
export type ReferencePlace = 'named' | 'value' | 'inherited' | 'template';

/** What a reference begins with. `ref+` is how vals itself writes it, without `vals:` before it. */
const BEGINNINGS: Readonly<Record<ReferencePlace, RegExp>> = {
  named: /^/,
  value: /^(?:(?:auth|secret|env):\/\/|vals:|ref\+)/,
  inherited: /^(?:auth|secret):\/\//,
  template: /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/|vals:|ref\+)/,
};

/**
 * Whether a text is meant as a reference where it stands, well-formed or not: a misspelled reference must not pass as a
 * value. `parseReference` tells whether it is well-formed.
 */
export function looksLikeReference(text: string, place: ReferencePlace): boolean {
  return BEGINNINGS[place].test(text);
}

/** Whether it is `env://…`, which is read in the process that names it and by no other. */
export function isVariableReference(text: string): boolean {
  return text.startsWith('env://');
}
