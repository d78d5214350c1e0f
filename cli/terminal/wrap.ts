/** The width if there is no terminal, and the widest that is comfortable to read. */
const USUAL_COLUMNS = 80;
const WIDEST_COLUMNS = 100;

/** How wide a page may be on this stream. */
export function pageWidth({ columns }: { readonly columns?: number } = process.stderr): number {
  return Math.min(columns || USUAL_COLUMNS, WIDEST_COLUMNS);
}

/**
 * Lines of at most `width` columns: `first` before the first one, as many spaces before the others. A word that is longer,
 * such as an address, is kept whole, so that it can be copied.
 */
export function wrap(text: string, width: number, first = ''): string[] {
  const room = Math.max(1, width - first.length);
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, index) => `${index === 0 ? first : ' '.repeat(first.length)}${line}`);
}
