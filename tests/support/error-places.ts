import { argumentsAt, callsOf, endOf, textsIn } from './source-texts.js';
import { readSource, sourceFiles } from './sources.js';

/** The texts of an error as the source has them. What is put in while it runs is `{}`; ` // ` is between alternatives. */
export interface ErrorPlace {
  readonly at: string;
  readonly kind: string;
  readonly sentence: string;
  /** `default` for that of the kind. */
  readonly hint: string;
}

/** A function that makes errors of the texts that it is given. */
interface Maker {
  readonly file: string;
  readonly name: string;
  readonly kind: string;
  /** The index of each parameter; -1 if the text is not a parameter. */
  readonly sentence: number;
  readonly hint: number;
  /** The hint if the call gives none. */
  readonly usualHint: string;
}

/** What is only known while it runs. */
const HOLE = '{}';
/** Parameters by these names are a sentence, or the main part of one. */
const SENTENCE_NAMES = ['sentence', 'reason'];

interface Call {
  readonly file: string;
  readonly code: string;
  readonly index: number;
  readonly arguments: readonly string[];
}

/** Every place in the source that makes a `SigilforgeError`, also through a function that is given its texts. */
export function errorPlaces(): ErrorPlace[] {
  const places: ErrorPlace[] = [];
  const makers: Maker[] = [];
  const known = new Set<string>();
  const take = (
    call: Call,
    { kind, sentence, hint }: { kind: string; sentence: string; hint: string },
    usual: string,
  ): void => {
    const { file } = call;
    const maker = makerOf(call, { kind, sentence, hint }, usual);
    if (maker && !known.has(`${file} ${maker.name}`)) {
      known.add(`${file} ${maker.name}`);
      makers.push(maker);
    }
    if (maker && maker.sentence >= 0) return;
    places.push({
      ...{ at: file, kind },
      sentence: textsOf(call, sentence),
      hint: hint === '' ? usual : textsOf(call, hint),
    });
  };
  for (const call of calls(/\bnew\s+SigilforgeError\s*\(/g)) {
    const [kind = '', sentence = '', options = ''] = call.arguments;
    take(call, { kind: kindOf(kind), sentence, hint: hintIn(call, options) }, 'default');
  }
  for (const maker of makers) {
    for (const call of calls(new RegExp(`(?<!function |[.#\\w])${maker.name}\\(`, 'g'), maker)) {
      const sentence = call.arguments[maker.sentence] ?? '';
      const hint = call.arguments[maker.hint] ?? '';
      take(call, { kind: maker.kind, sentence, hint }, maker.usualHint);
    }
  }
  return places;
}

/** Files with functions that choose hints: their texts are not where the errors are made. */
export const HINT_SOURCES: readonly string[] = [
  'cli/arguments/pairs.ts',
  'cli/arguments/usage.ts',
  'cli/exec/request/env-quoting.ts',
  'cli/files/refusals.ts',
  'client/other-session.ts',
  'daemon/core/keychain/os.ts',
  'daemon/core/oauth/metadata/discovery-fault.ts',
  'daemon/core/oauth/failures/failure.ts',
  'daemon/core/oauth/failures/hints.ts',
  'daemon/core/oauth/sign-in-exchange.ts',
  'daemon/core/store/binding-cure.ts',
  'daemon/core/store/sqlite.ts',
  'shared/errors.ts',
  'shared/keychain-hints.ts',
  'shared/path-error.ts',
];

/** The hints in those files, each as an error of which nothing else is known. */
export function chosenHints(): ErrorPlace[] {
  return HINT_SOURCES.flatMap((at) =>
    textsIn(readSource(at))
      .filter((text) => /^(\p{Lu}|\{\})\S* .* /u.test(text))
      .map((hint) => ({ at, kind: HOLE, sentence: HOLE, hint })),
  );
}

/** The calls that a pattern finds: everywhere, or where a function can be called. */
function calls(pattern: RegExp, maker?: Maker): Call[] {
  return sourceFiles().flatMap((file) => {
    const code = readSource(file);
    if (maker && !isReachable(maker, file, code)) return [];
    return callsOf(code, pattern).map(({ index, start }) => ({
      ...{ file, code, index },
      arguments: argumentsAt(code, start),
    }));
  });
}

function isReachable({ file, name }: Maker, from: string, code: string): boolean {
  return from === file || new RegExp(`import [^;]*\\b${name}\\b[^;]* from`).test(code);
}

/** The function around a call, if it hands its own parameters over as the sentence or the hint. */
function makerOf(
  { file, code, index }: Call,
  { kind, sentence, hint }: { kind: string; sentence: string; hint: string },
  usual: string,
): Maker | undefined {
  const before = [
    ...code.slice(0, index).matchAll(/^(?:export )?(?:async )?function (\w+)(?:<[^(]*>)?\(/gm),
  ].at(-1);
  if (!before) return undefined;
  const parameters = argumentsAt(code, before.index + before[0].length).map((text) => ({
    name: /^\w+/.exec(text)?.[0] ?? '',
    usual: /[^=]=\s*(['"`\w].*)$/s.exec(text)?.[1],
  }));
  const find = (name: string): number => parameters.findIndex((parameter) => parameter.name === name);
  const holes = [...sentence.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
  const named = /^\w+$/.test(sentence) ? [sentence] : holes.filter((name) => SENTENCE_NAMES.includes(name));
  const sentenceAt = Math.max(-1, ...named.map(find));
  if (sentenceAt < 0) return undefined;
  const hintAt = find(hint);
  const here = { file, code, index, arguments: [] };
  const otherwise = hint === '' ? usual : textsOf(here, hint);
  const given = parameters[hintAt]?.usual;
  const usualHint = hintAt < 0 ? otherwise : given === undefined ? 'default' : textsOf(here, given);
  return { file, name: before[1] ?? '', kind, sentence: sentenceAt, hint: hintAt, usualHint };
}

function kindOf(text: string): string {
  return /^'(\w+)'$/.exec(text)?.[1] ?? HOLE;
}

/** What stands for the hint in the options of an error: an expression, or nothing. */
function hintIn(call: Call, options: string): string {
  if (/^\w+$/.test(options)) return hintIn(call, valueNamed(call, options) ?? '') || HOLE;
  const found = /[{,(]\s*(?:\.\.\.)?\(?(?:hint &&)?\s*\{?\s*\bhint\b\s*(:)?/.exec(options);
  if (!found) return options.includes('...') && !options.startsWith('{ cause') ? HOLE : '';
  if (found[1] === undefined) return 'hint';
  return options.slice(found.index + found[0].length, endOf(options, found.index + found[0].length)).trim();
}

/** The texts of an expression. A name stands for what it was given last, above. */
function textsOf(call: Call, expression: string): string {
  const value = /^\w+$/.test(expression) ? valueNamed(call, expression) : expression;
  const texts = textsIn(value ?? '');
  return texts.length === 0 ? HOLE : [...new Set(texts)].join(' // ');
}

/** What a name was given, above a call in its file, or in the file that it comes from. */
function valueNamed({ file, code, index }: Call, name: string): string | undefined {
  const declared = new RegExp(`\\b(?:const|let) ${name}\\b(?:: [^=]+)? =\\s*`, 'g');
  const within = (text: string): string | undefined => {
    const found = [...text.matchAll(declared)].at(-1);
    if (!found) return undefined;
    const start = found.index + found[0].length;
    return text.slice(start, endOf(text, start));
  };
  const start = code.lastIndexOf('\n}\n', index);
  const inFunction = within(code.slice(Math.max(0, start), index));
  const isConstant = /^[A-Z_]+$/.test(name);
  if (inFunction !== undefined || !isConstant) return inFunction;
  return (
    within(code) ??
    sourceFiles()
      .filter((other) => other !== file)
      .map((other) => within(readSource(other)))
      .find((text) => text !== undefined)
  );
}
