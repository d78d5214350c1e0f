import { isRecord, parseJson } from '../../../../shared/json.js';

/** How much of a text is searched, in characters, and at how many braces: a token answer is small. */
const SEARCHED = 256 * 1024;
const MOST_BRACES = 16;

/** A JSON object within a text. */
export interface FoundObject {
  /** Its fields that can be read. */
  readonly fields: Record<string, unknown>;
  /** Whether that is all of them. */
  readonly isWhole: boolean;
}

/** The JSON objects in a text, with anything around them. What is within one counts as its part. */
export function* objectsIn(text: string): Generator<FoundObject> {
  const searched = text.slice(0, SEARCHED);
  let begin = searched.indexOf('{');
  for (let brace = 0; brace < MOST_BRACES && begin >= 0; brace++) {
    const { commas, end } = scan(searched, begin);
    const found = readFields(searched, commas, end);
    if (Object.keys(found.fields).length > 0) yield found;
    begin = searched.indexOf('{', found.isWhole && end !== undefined ? end : begin + 1);
  }
}

interface Scanned {
  /** The places of the opening brace and of the commas between the fields. */
  readonly commas: readonly number[];
  /** The place of the closing brace; `undefined` if it never came. */
  readonly end: number | undefined;
}

function scan(text: string, begin: number): Scanned {
  const commas = [begin];
  let depth = 0;
  for (let at = begin; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '{' || character === '[') depth++;
    else if (character === ',' && depth === 1) commas.push(at);
    else if (character === '}' || character === ']') depth--;
    if (depth === 0) return { commas, end: at };
  }
  return { commas, end: undefined };
}

function endOfString(text: string, begin: number): number {
  let at = begin + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** Each field by itself, so that none costs another. One without a comma or a brace behind it may be the half of it. */
function readFields(text: string, commas: readonly number[], end: number | undefined): FoundObject {
  const ends = end === undefined ? commas.slice(1) : [...commas.slice(1), end];
  const pieces = ends.map((to, index) => text.slice((commas[index] ?? 0) + 1, to));
  const read = pieces.filter((piece) => piece.trim() !== '').map((piece) => parseJson(`{${piece}}`));
  return {
    fields: Object.fromEntries(read.filter(isRecord).flatMap((field) => Object.entries(field))),
    isWhole: end !== undefined && read.every(isRecord),
  };
}
