import { asReference, isReference } from '../../shared/reference.js';
import { looksLikeReference } from '../../shared/reference-schemes.js';
import { badArgument } from '../arguments/context.js';
import { type FilterName, filterNames, isFilterName } from './filters.js';

/** A value to put into the text, and how. */
export interface Slot {
  readonly reference: string;
  readonly filters: readonly FilterName[];
  /** Where it stands, for an error. */
  readonly where: string;
}

/** A piece of a template: bytes to copy, or a value. */
export type Part = { readonly text: Buffer } | Slot;

/** What stands in two braces on one line (the inner ones of more than two), or braces that belong to no others. */
const TOKEN = /\{\{(?!\{)(?:(?<inside>(?:(?!\{\{|\}\})[^\n])*)\}\}|(?=(?<open>[^\n]{0,100})))|\}\}/g;
/** A reference before closing braces. `vals:` is left out: it occurs in ordinary text, `{vals:5}}` for one. */
const REFERENCE_BEFORE = /(?:(?:auth|secret|env):\/\/|ref\+)[^\s{}]*\s*$/;
/** No reference is longer. */
const LOOKED_BACK = 2200;

/**
 * Reads a template with `{{ REF }}` and `{{ REF | FILTER }}` in it. What is not a reference by its form belongs to another
 * language and is copied, unless `strict`. Throws, naming the line, if a reference or its braces are incomplete.
 */
export function parseTemplate(bytes: Buffer, { strict = false } = {}): Part[] {
  // One character for each byte, so that bytes that are not UTF-8 pass unchanged.
  const text = bytes.toString('latin1');
  const parts: Part[] = [];
  let copied = 0;
  let line = 1;
  let seen = 0;
  for (const { 0: token, index, groups = {} } of text.matchAll(TOKEN)) {
    const before = text.slice(seen, index);
    line += newlines(before);
    seen = index + token.length;
    const where = `Line ${line} of the template`;
    const { inside, open } = groups;
    if (token === '}}') {
      if (REFERENCE_BEFORE.test(before.slice(-LOOKED_BACK))) throw fault(where, '}} has no {{ before it.');
      continue;
    }
    if (!isMeant(inside ?? open ?? '')) {
      if (strict) throw fault(where, 'what stands in {{ }} is not a reference.');
      continue;
    }
    if (inside === undefined) throw fault(where, '{{ is not closed by }} on the same line.');
    parts.push({ text: Buffer.from(text.slice(copied, index), 'latin1') });
    parts.push(readSlot(where, Buffer.from(inside, 'latin1').toString().trim()));
    copied = seen;
  }
  return [...parts, { text: Buffer.from(text.slice(copied), 'latin1') }];
}

/** Whether it is meant as a reference, well-formed or not. `{{-` and `{{~` of other languages take none. */
function isMeant(inside: string): boolean {
  return looksLikeReference(inside.replace(/^[-~]/, '').trimStart(), 'template');
}

/** `REF | FILTER | FILTER`. A reference to vals may hold a `|` itself, which counts if there is no blank before it. */
function readSlot(where: string, inside: string): Slot {
  const word = /^\S*/.exec(inside)?.[0] ?? '';
  const bar = inside.indexOf('|');
  const end = isReference(word) || bar === -1 ? word.length : bar;
  const [between = '', ...names] = inside.slice(end).split('|');
  const reference = asReference(where, between.trim() === '' ? inside.slice(0, end).trim() : inside);
  return { reference, filters: names.map((name) => readFilter(where, name.trim())), where };
}

function readFilter(where: string, name: string): FilterName {
  if (isFilterName(name)) return name;
  throw badArgument(`${where}: there is no such filter.`, `Choose from: ${filterNames.join(', ')}`);
}

function fault(where: string, sentence: string): Error {
  return badArgument(`${where}: ${sentence}`, 'Write a reference like {{ auth://SERVICE/ACCOUNT/token }}');
}

function newlines(text: string): number {
  return text.split('\n').length - 1;
}
