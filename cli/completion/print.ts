import { printable } from '../../shared/printable.js';
import type { Answer, Candidate } from './candidate.js';

/** An answer as the scripts of the shells read it: a line for each word, or one that says what the shell adds itself. */
export function linesOf(answer: Answer): string[] {
  switch (answer.what) {
    case 'words':
      return answer.candidates.flatMap(lineOf);
    case 'program':
      return [`program\t${answer.begins}`];
    default:
      return [`${answer.what}\t${answer.before}`];
  }
}

/** Others choose some of the names: one that cannot be typed in a line is left out. */
function lineOf({ value, note = '' }: Candidate): string[] {
  return printable(value) === value ? [`word\t${value}\t${printable(note)}`] : [];
}
