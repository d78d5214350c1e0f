import type { Command } from 'commander';
import type { Answer, Candidate } from './candidate.js';
import type { LiveKind } from './kinds.js';
import { optionsOf, placeOf, type Value } from './place.js';

/** What a program to run stands behind. */
const DASHES = '--';

const NOTHING: Answer = { what: 'words', candidates: [] };

/** What fits at the last of the words; the first one is the program's name. */
export async function complete(program: Command, words: readonly string[]): Promise<Answer> {
  const place = await placeOf(program, words);
  const typed = words.at(-1) ?? '';
  switch (place?.what) {
    case 'subcommand':
      return beginning(subcommandsOf(place.command), typed);
    case 'option':
      return beginning(optionNames(place.command), typed);
    case 'value':
      return valueAt(place, typed.slice(place.before.length));
    case 'program':
      return place;
    default:
      return NOTHING;
  }
}

function subcommandsOf(command: Command): Candidate[] {
  const { commands } = command;
  const listed = commands.map((one) => ({ value: one.name(), note: one.summary() }));
  return command.parent === null
    ? [...listed, { value: 'help', note: 'Show the help of a command' }]
    : listed;
}

function optionNames(command: Command): Candidate[] {
  const dashes = command.registeredArguments.some((argument) => argument.name() === 'COMMAND')
    ? [{ value: DASHES, note: 'the program follows' }]
    : [];
  const options = optionsOf(command).flatMap(({ long, description, hidden }) =>
    long === undefined || hidden ? [] : [{ value: long, note: description }],
  );
  return [...dashes, ...options, { value: '--help', note: 'show this help' }];
}

/** Schemas and the client are loaded only here: commands and options are there sooner. */
async function valueAt(place: Value, typed: string): Promise<Answer> {
  const { kindOf } = await import('./kinds.js');
  const kind = kindOf(place.command, place.of) ?? 'text';
  if (kind === 'text') return NOTHING;
  if (kind === 'files' || kind === 'folders') return { what: kind, before: place.before };
  if (kind === 'named reference') return namedReference(place, typed);
  const candidates = await valuesOf(kind, typed, place.operands);
  return beginning(behind(place.before, candidates), place.before + typed);
}

/** The name is the person's own, so nothing fits before it ends. */
async function namedReference(place: Value, typed: string): Promise<Answer> {
  const name = typed.slice(0, typed.indexOf('=') + 1);
  if (name === '') return NOTHING;
  const candidates = await valuesOf('references', typed.slice(name.length), place.operands);
  return beginning(behind(place.before + name, candidates), place.before + typed);
}

async function valuesOf(
  kind: LiveKind | readonly string[],
  typed: string,
  operands: readonly string[],
): Promise<readonly Candidate[]> {
  if (typeof kind !== 'string') return kind.map((value) => ({ value }));
  const { liveNames } = await import('./names.js');
  return liveNames({ kind, typed, operands });
}

/** Shells replace the whole word. */
function behind(before: string, candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.map(({ value, ...rest }) => ({ value: before + value, ...rest }));
}

/** Those that begin with what is typed. One that looks like an option would be taken for one. */
function beginning(candidates: readonly Candidate[], typed: string): Answer {
  const fitting = candidates.filter(
    ({ value }) =>
      value.startsWith(typed) && (typed.startsWith('-') || !value.startsWith('-') || value === DASHES),
  );
  return { what: 'words', candidates: fitting };
}
