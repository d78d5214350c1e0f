import { nearest } from '../../shared/nearest.js';
import { badArgument } from './context.js';

/** The scopes of `--scopes a,b`. */
export function readScopes(text: string): string[] {
  const scopes = text.split(/[\s,]+/).filter((scope) => scope !== '');
  if (scopes.length === 0) throw badArgument('--scopes names no scope.', 'Write them as: --scopes a,b');
  return scopes;
}

/** One of `choices`. */
export function readChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  const meant = nearest(text, choices);
  throw badArgument(
    `${option} is one of ${choices.join(', ')}.`,
    meant && `Did you mean: ${option} ${meant}`,
  );
}

/** Each of several values, all from `choices`. */
export function readChoices<T extends string>(
  option: string,
  texts: readonly string[],
  choices: readonly T[],
): T[] {
  return texts.map((text) => readChoice(option, text, choices));
}

/** The values of `option a,b`, all from `choices`. */
export function readList<T extends string>(option: string, text: string, choices: readonly T[]): T[] {
  return readChoices(
    option,
    text.split(/[\s,]+/).filter((word) => word !== ''),
    choices,
  );
}
