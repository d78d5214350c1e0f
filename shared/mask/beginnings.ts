import { HEAD, type Match, matchAt, type Needle } from './needle.js';

/** Needles whose beginnings are equally long. */
interface Group {
  readonly length: number;
  readonly needles: Map<string, Needle[]>;
  /** The last bytes of the beginnings: nearly all other data differs there, long runs of backslashes included. */
  readonly lasts: Set<number>;
}

/** All needles that begin with the same head, by all of their beginnings: many escapes begin alike. */
export class Beginnings {
  readonly #groups: Group[] = [];

  add(beginning: Buffer, needle: Needle): void {
    const { needles, lasts } = this.#groupOf(beginning.length);
    const text = beginning.toString('latin1');
    lasts.add(beginning.readUInt8(beginning.length - 1));
    needles.set(text, [...(needles.get(text) ?? []), needle]);
  }

  /** The longest match of any of the needles, and whether one may continue beyond the data. */
  matchAt(data: Buffer, at: number): Match {
    let end = 0;
    let open = false;
    for (const { length, needles, lasts } of this.#groups) {
      const last = data[at + length - 1];
      if (last !== undefined && !lasts.has(last)) continue;
      const text = data.toString('latin1', at, at + length);
      if (last === undefined) open ||= startsAny(needles.keys(), text);
      for (const needle of needles.get(text) ?? []) {
        const match = matchAt(needle, data, at);
        open ||= match.open;
        end = Math.max(end, match.end);
      }
    }
    return { end, open };
  }

  #groupOf(length: number): Group {
    const known = this.#groups.find((group) => group.length === length);
    if (known !== undefined) return known;
    const made = { length, needles: new Map(), lasts: new Set<number>() };
    this.#groups.push(made);
    return made;
  }
}

function startsAny(texts: Iterable<string>, start: string): boolean {
  for (const text of texts) if (start.length === HEAD || text.startsWith(start)) return true;
  return false;
}
