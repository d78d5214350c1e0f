/** The beginning of a text that has at most so many bytes in UTF-8, without half a character at its end. */
export function cut(text: string, mostBytes: number): string {
  // No character of a string has more than three bytes.
  if (text.length * 3 <= mostBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= mostBytes) return text;
  let end = mostBytes;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
