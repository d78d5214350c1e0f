/** When a token ends, in milliseconds since 1970; `null` if the provider does not say. */
interface Lifetime {
  readonly expiresAt: number | null;
}

/** Whether a token is over at `at`, in milliseconds since 1970. */
export function isOver({ expiresAt }: Lifetime, at: number): boolean {
  return expiresAt !== null && expiresAt <= at;
}

/** Whether there is a token, and it still lives at `at`, in milliseconds since 1970. */
export function isAlive(token: Lifetime & { readonly accessToken: unknown }, at: number): boolean {
  return token.accessToken != null && !isOver(token, at);
}
