import { createHash } from 'node:crypto';

const MARK = 'Written by: sigilforge daemon install. Checksum:';
const SUM = /Written by: sigilforge daemon install\. Checksum: ([0-9a-f]{64})/;

/** The sentence for a comment at the top of a file; `marked` puts the sum into it. */
export const MARKER = `${MARK} ${'0'.repeat(64)}`;

/** How a file stands to what `daemon install` writes. */
export type Authorship = 'ours' | 'changed' | 'foreign';

/** A text that has the marker, with the sum of all the rest in it: by that, a change shows. */
export function marked(text: string): string {
  return text.replace(MARKER, `${MARK} ${sumOf(text)}`);
}

export function authorshipOf(text: string): Authorship {
  const sum = SUM.exec(text)?.[1];
  if (sum === undefined) return 'foreign';
  return sumOf(text) === sum ? 'ours' : 'changed';
}

function sumOf(text: string): string {
  return createHash('sha256').update(text.replace(SUM, MARK)).digest('hex');
}
