import { isRecord, parseJson } from '../../shared/json.js';

/*
 * Members of a JSON object, put in and taken out of its text such that every other byte stays: order, blanks, line ends and
 * keys that are not known here. What is put in and taken out again leaves the text as it was.
 */

/** The text with one more member of the object at `path`, behind the others; objects of the path that are missing are made. */
export function withMember(
  text: string,
  path: readonly string[],
  key: string,
  value: string,
): string | undefined {
  const root = rootOf(text);
  if (root === undefined) return undefined;
  const member = `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
  const [outer, ...inner] = path;
  if (outer === undefined) return inserted(text, root, member);
  const found = root.members.find(({ name }) => name === outer);
  if (found === undefined) {
    const step = stepOf(text, root);
    const indent = step === '' ? [' ', ' '] : [`\n${step}${step}`, `\n${step}`];
    return inserted(text, root, `${JSON.stringify(outer)}: {${indent[0]}${member}${indent[1]}}`);
  }
  if (inner.length > 0 || text[found.valueStart] !== '{') return undefined;
  return inserted(text, objectAt(text, found.valueStart), member);
}

/** The text without that member, and without the object around it if `withMember` made that too. */
export function withoutMember(text: string, path: readonly string[], key: string): string | undefined {
  const root = rootOf(text);
  if (root === undefined) return undefined;
  const [outer] = path;
  if (outer === undefined) return removed(text, root, key);
  const found = root.members.find(({ name }) => name === outer);
  if (found === undefined || text[found.valueStart] !== '{') return text;
  const object = objectAt(text, found.valueStart);
  const [only, ...others] = object.members;
  // A member that was put into an object that was empty stands right behind its brace.
  const wasMade = only?.name === key && others.length === 0 && only.start > object.start + 1;
  return wasMade ? removed(text, root, outer) : removed(text, object, key);
}

interface Member {
  readonly name: string;
  /** Of its name. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

interface ObjectText {
  /** Of its brace. */
  readonly start: number;
  readonly members: readonly Member[];
}

/** `undefined` if the text is not one JSON object. */
function rootOf(text: string): ObjectText | undefined {
  return isRecord(parseJson(text)) ? objectAt(text, text.indexOf('{')) : undefined;
}

function inserted(text: string, { start, members }: ObjectText, member: string): string {
  const last = members.at(-1);
  if (last === undefined) return `${text.slice(0, start + 1)}${member}${text.slice(start + 1)}`;
  const blanks = blanksBefore(text, last.start);
  return `${text.slice(0, last.end)},${blanks}${member}${text.slice(last.end)}`;
}

function removed(text: string, { members }: ObjectText, key: string): string {
  const index = members.findIndex(({ name }) => name === key);
  const member = members[index];
  if (member === undefined) return text;
  const [previous, next] = [members[index - 1], members[index + 1]];
  if (previous) return text.slice(0, previous.end) + text.slice(member.end);
  return text.slice(0, member.start) + text.slice(next?.start ?? member.end);
}

/** What one level is indented by; nothing if all is on one line. */
function stepOf(text: string, { members }: ObjectText): string {
  const [first] = members;
  return first === undefined ? '\t' : (/\n([ \t]+)$/.exec(blanksBefore(text, first.start))?.[1] ?? '');
}

function blanksBefore(text: string, at: number): string {
  return /\s*$/.exec(text.slice(0, at))?.[0] ?? '';
}

/** The members of the object whose brace stands at `start`, in a text that is known to be JSON. */
function objectAt(text: string, start: number): ObjectText {
  const members: Member[] = [];
  let at = skipBlanks(text, start + 1);
  while (text[at] === '"') {
    const nameEnd = endOfString(text, at);
    const valueStart = skipBlanks(text, skipBlanks(text, nameEnd) + 1);
    const end = endOfValue(text, valueStart);
    members.push({ name: String(parseJson(text.slice(at, nameEnd))), start: at, valueStart, end });
    at = skipBlanks(text, end);
    if (text[at] === ',') at = skipBlanks(text, at + 1);
  }
  return { start, members };
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text.charAt(at))) at++;
  return at;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfValue(text: string, start: number): number {
  let at = start;
  for (let depth = 0; at < text.length; ) {
    const sign = text.charAt(at);
    if (sign === '"') at = endOfString(text, at);
    else if (depth === 0 && /[\s,}\]]/.test(sign)) return at;
    else {
      if (sign === '{' || sign === '[') depth++;
      if (sign === '}' || sign === ']') depth--;
      at++;
    }
    if (depth === 0 && /["}\]]/.test(text.charAt(at - 1))) return at;
  }
  return at;
}
