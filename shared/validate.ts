import * as v from 'valibot';
import { type ErrorKind, SigilforgeError } from './errors.js';
import { meaningOf } from './pattern.js';

/**
 * `value` as `schema` describes it. Throws `kind` naming the place and what was expected there.
 * Valibot's own messages repeat the value that was refused, so none of them leaves this file.
 */
export function parse<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  subject: string,
  kind: ErrorKind = 'invalid_params',
): v.InferOutput<S> {
  const checked = check(schema, value);
  if ('output' in checked) return checked.output;
  throw new SigilforgeError(kind, `${subject}: ${checked.fault.sentence}.`);
}

/** The first fault of a value: its place, outermost key first, as it was sent, and a sentence that never repeats the value. */
export interface Fault {
  readonly path: readonly string[];
  readonly sentence: string;
}

/** `value` as `schema` describes it, or what is wrong with it. */
export function check<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
): { readonly output: v.InferOutput<S> } | { readonly fault: Fault } {
  const checked = v.safeParse(schema, value, { abortEarly: true });
  if (checked.success) return { output: checked.output };
  const issue = checked.issues[0];
  const path = (issue.path ?? []).map(({ key }) => String(key));
  return { fault: { path, sentence: describe(issue) } };
}

/** `value` as `schema` describes it, or everything that is wrong with it; no sentence names the place. */
export function checkAll<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
): { readonly output: v.InferOutput<S> } | { readonly faults: readonly Fault[] } {
  const checked = v.safeParse(schema, value);
  if (checked.success) return { output: checked.output };
  const faults = checked.issues.map((issue) => ({
    path: (issue.path ?? []).map(({ key }) => String(key)),
    sentence: describe(issue, 'this'),
  }));
  return { faults };
}

function describe(issue: v.BaseIssue<unknown>, place = placeOf(issue)): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return `${place} is not known`;
  if (issue.received === 'undefined') return `${place} is missing`;
  if (issue.type === 'not_values') return `${place} is part of the protocol: Sigilforge sends its own`;
  return `${place} is not ${expectation(issue)}`;
}

function placeOf(issue: v.BaseIssue<unknown>): string {
  const path = pathOf(issue).join('.');
  return path === '' ? 'the value' : path;
}

/** What was expected, in words. `issue.expected` is made only from the schema, never from the value. */
function expectation(issue: v.BaseIssue<unknown>): string {
  switch (issue.type) {
    case 'regex':
      return meaningOf(issue.requirement) ?? 'of the right form';
    case 'max_length':
      return `short enough: at most ${limitOf(issue.expected)} long`;
    case 'min_length':
      return `long enough: at least ${limitOf(issue.expected)} long`;
    case 'url':
    case 'check':
      return meaningOf(issue.requirement) ?? 'an https address (http only on the loopback interface)';
    case 'uuid':
      return 'a UUID';
    case 'integer':
      return 'a whole number';
    case 'min_value':
      return `at least ${limitOf(issue.expected)}`;
    case 'max_value':
      return `at most ${limitOf(issue.expected)}`;
    case 'iso_timestamp':
      return 'a time such as 2026-01-31T12:00:00.000Z';
    default:
      return inWords(issue.expected ?? '');
  }
}

/** Names of types as Valibot writes them, in words. */
const WORDS: Readonly<Record<string, string>> = {
  Array: 'a list',
  Object: 'an object',
  boolean: 'true or false',
  number: 'a number',
  string: 'a text',
};

function inWords(expected: string): string {
  const choice = /^\((.+)\)$/.exec(expected)?.[1];
  if (choice !== undefined) return `one of ${choice.split(' | ').join(', ')}`;
  return WORDS[expected] ?? (expected || 'as the contract says');
}

function limitOf(expected: string | null): string {
  return (expected ?? '').replace(/^[<>]=/, '');
}

/** Keys of a record may be anything that was sent, so only those that look like names are repeated. */
function pathOf(issue: v.BaseIssue<unknown>): string[] {
  return (issue.path ?? []).map(({ key }) => {
    if (typeof key === 'number') return String(key);
    return typeof key === 'string' && /^[A-Za-z][A-Za-z0-9_.-]{0,31}$/.test(key) ? key : '…';
  });
}
