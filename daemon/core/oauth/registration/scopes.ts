/**
 * Scopes as a request has them. A `+` between scopes is how a form writes a blank, and what the documents of Workable and
 * Pennylane show (`scope=r_jobs+r_candidates`): it is sent as just that, and not as `%2B`, which is a sign within a scope.
 */
export function joinScopes(scopes: readonly string[], separator: string): string {
  return scopes.join(separator.replaceAll('+', ' '));
}

/** Scopes as an answer has them: separated as in a request, or by white space (RFC 6749, section 3.3). */
export function splitScopes(text: string, separator: string): string[] {
  const signs = new Set(separator);
  const spaced = [...text].map((sign) => (signs.has(sign) ? ' ' : sign)).join('');
  return spaced.split(/\s+/).filter((scope) => scope !== '');
}
