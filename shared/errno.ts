/** The `code` of a failed system call, such as `ENOENT` (errno(3)); `undefined` for any other error. */
export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;
}

/** Whether a system call failed with one of `codes`. */
export function isErrno(thrown: unknown, ...codes: readonly string[]): boolean {
  const code = errnoOf(thrown);
  return code !== undefined && codes.includes(code);
}
