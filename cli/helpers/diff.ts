/** Over this, in comparisons, texts are shown as replaced where they begin to differ. */
const MOST = 4_000_000;

/**
 * The lines that are taken away (`-`) and added (`+`), in their order. Lines that stay are left out: they may hold secrets
 * of another program.
 */
export function changedLines(before: string, after: string): string[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  const start = commonStart(old, now);
  const end = commonStart(old.slice(start).reverse(), now.slice(start).reverse());
  return between(old.slice(start, old.length - end), now.slice(start, now.length - end));
}

/** The lines of a text. One that only gets an end stays: it is often the last one of a file, and may hold a secret. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function commonStart(one: readonly string[], other: readonly string[]): number {
  const first = one.findIndex((line, index) => line !== other[index]);
  return first < 0 ? one.length : first;
}

/** By the longest sequence of lines that both have. */
function between(old: readonly string[], now: readonly string[]): string[] {
  const lengths = old.length * now.length > MOST ? undefined : commonLengths(old, now);
  const shown: string[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (lengths && i < old.length && old[i] === now[j]) [i, j] = [i + 1, j + 1];
    else if (i < old.length && (j === now.length || isLonger(lengths, i, j))) shown.push(line('-', old[i++]));
    else shown.push(line('+', now[j++]));
  }
  return shown;
}

function isLonger(lengths: readonly (readonly number[])[] | undefined, i: number, j: number): boolean {
  return lengths === undefined || (lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0);
}

/** How many lines the rests of both from a place on have in common. */
function commonLengths(old: readonly string[], now: readonly string[]): number[][] {
  const table = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i--) {
    const [row = [], below = []] = [table[i], table[i + 1]];
    for (let j = now.length - 1; j >= 0; j--) {
      row[j] = old[i] === now[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

function line(sign: '-' | '+', text = ''): string {
  return `${sign}${text}`;
}
