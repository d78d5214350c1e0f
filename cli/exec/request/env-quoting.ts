/** What not every reader takes as it is in single quotes, and in double quotes. */
const NOT_SINGLE = ["'", '$' + '{', '\\\\', '\r'];
const NOT_DOUBLE = ['"', '$', '\\', '\r'];

/** A hint: how to write this value in an env file such that every reader takes it as it is. */
export function quotingOf(value: string): string {
  const isFree = (texts: readonly string[]): boolean => !texts.some((text) => value.includes(text));
  if (isFree(NOT_SINGLE) && !value.endsWith('\\'))
    return "In single quotes nothing is replaced. Write the characters themselves: NAME='value'";
  if (isFree(NOT_DOUBLE)) return 'Put the value in double quotes, without backslashes: NAME="value"';
  return 'No quotes help here. Store the value, and write a reference to it: NAME=secret://KEY';
}
