import { badArgument } from '../../arguments/context.js';

/** A place in an env file. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Throws for a line of an env file. No text of the file may be in the sentence: it may be a value. */
export function refuse({ file, line }: Place, sentence: string, hint: string): never {
  throw badArgument(`${file}, line ${line}: ${sentence}`, hint);
}
