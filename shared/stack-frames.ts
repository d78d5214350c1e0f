/**
 * The frames of an error's stack, one line each: nothing of its message, which may quote a secret, and may itself have
 * lines that look like frames.
 */
export function stackFrames({ stack = '', message }: Error): string[] {
  const at = stack.indexOf(message);
  if (at === -1) return [];
  return stack
    .slice(at + message.length)
    .split('\n')
    .filter((line) => /^ {4}at /.test(line));
}
