/*
 * Lines of ours in a text file of another program, between two comments. They are put at the end, and taken away such that
 * the text is what it was, byte for byte; what was written before, behind or between them meanwhile stays.
 */

/** What begins a comment in that file. */
type Sign = '#' | ';' | '//';

/** Says that the text in front of the block did not end its last line. */
const JOINED = ' (the line before had no end)';

/** The text with `lines` as the block `id`; one that is there already is replaced where it is. */
export function withBlock(text: string, id: string, lines: readonly string[], sign: Sign = '#'): string {
  const [first, last] = ends(id, sign);
  const there = locate(text, id, sign);
  if (there !== undefined) {
    return `${text.slice(0, there.start)}${[there.first, ...lines, last].join('\n')}\n${text.slice(there.end)}`;
  }
  const isWhole = text === '' || text.endsWith('\n');
  return `${text}${isWhole ? '' : '\n'}${[isWhole ? first : first + JOINED, ...lines, last].join('\n')}\n`;
}

/** The text without the block `id`. */
export function withoutBlock(text: string, id: string, sign: Sign = '#'): string {
  const there = locate(text, id, sign);
  if (there === undefined) return text;
  const [before, behind] = [text.slice(0, there.start), text.slice(there.end)];
  return there.first.endsWith(JOINED) ? withoutJoint(before, behind, sign) : before + behind;
}

/** What stands behind the place of a joined block takes over what its first comment said, if it is ours. */
function withoutJoint(before: string, behind: string, sign: Sign): string {
  if (behind === '') return before.slice(0, -1);
  const [start] = ends('', sign);
  return before + (behind.startsWith(start) ? behind.replace('\n', `${JOINED}\n`) : behind);
}

/** The lines of the block `id`; `undefined` if there is none. */
export function blockOf(text: string, id: string, sign: Sign = '#'): readonly string[] | undefined {
  return locate(text, id, sign)?.lines;
}

/** The ids of the blocks that begin with `prefix`. */
export function blockIds(text: string, prefix: string, sign: Sign = '#'): readonly string[] {
  const [start] = ends(prefix, sign);
  const named = text.split('\n').filter((line) => line.startsWith(start));
  return named.map((line) => prefix + line.slice(start.length).replace(JOINED, ''));
}

interface Located {
  readonly start: number;
  readonly end: number;
  readonly first: string;
  readonly lines: readonly string[];
}

/** A block without its last comment does not count: where it ended can no longer be known. */
function locate(text: string, id: string, sign: Sign): Located | undefined {
  const [first, last] = ends(id, sign);
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line === first || line === first + JOINED);
  const to = from < 0 ? -1 : lines.indexOf(last, from);
  if (to < 0) return undefined;
  const lengthOf = (some: readonly string[]): number => some.reduce((sum, line) => sum + line.length + 1, 0);
  const [start, end] = [lengthOf(lines.slice(0, from)), lengthOf(lines.slice(0, to + 1))];
  return {
    start,
    end: Math.min(end, text.length),
    first: lines[from] ?? '',
    lines: lines.slice(from + 1, to),
  };
}

function ends(id: string, sign: Sign): readonly [first: string, last: string] {
  return [`${sign} >>> sigilforge ${id}`, `${sign} <<< sigilforge ${id}`];
}
