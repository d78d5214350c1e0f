/** How many names are looked at, and how long they are: a mistake must stay cheap to answer, however much is stored. */
export const MOST_NAMES = 1000;
const LONGEST = 64;

/** Edits that are taken for slips of the keyboard, if the name is long enough for them. */
const MOST_EDITS = 2;
const LETTERS_FOR_AN_EDIT = 3;

/**
 * The one of these names that was probably meant by `typed`: the one with the fewest slips, or else the shortest
 * that begins like it. Capital letters, and which of `-` and `_` it is, do not matter.
 */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const word = folded(typed);
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names.slice(0, MOST_NAMES)) {
    const cost = costOf(word, folded(name));
    if (name === typed || cost >= least) continue;
    [best, least] = [name, cost];
  }
  return best;
}

/** Fewer for fewer slips; a name that only begins like the word comes after them. */
function costOf(word: string, name: string): number {
  const edits = editsBetween(word, name);
  const [shorter, longer] = word.length < name.length ? [word, name] : [name, word];
  if (edits <= Math.min(MOST_EDITS, Math.floor(longer.length / LETTERS_FOR_AN_EDIT))) return edits;
  const beginsLike = shorter.length >= LETTERS_FOR_AN_EDIT && longer.startsWith(shorter);
  return beginsLike ? MOST_EDITS + longer.length : Number.POSITIVE_INFINITY;
}

/** Letters put in, left out, changed, or swapped with the next one. Infinite where it is more than can matter. */
function editsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MOST_EDITS || Math.max(a.length, b.length) > LONGEST)
    return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const next = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      next.push(
        Math.min(
          at(last, column) + 1,
          at(next, column - 1) + 1,
          at(last, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [before, last] = [last, next];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
