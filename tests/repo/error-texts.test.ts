import { describe, expect, test } from 'vitest';
import { commands } from '../../cli/commands.js';
import { parseConfig } from '../../shared/config.js';
import { errorTable as kinds, SigilforgeError } from '../../shared/errors.js';
import { commandsIn, everyOption, faultIn } from '../support/commands.js';
import { chosenHints, type ErrorPlace, errorPlaces, HINT_SOURCES } from '../support/error-places.js';
import { errorTable, keyOf, rowText, writeErrorTable } from '../support/error-table.js';
import { readSource, sourceFiles } from '../support/sources.js';

const source = [...errorPlaces(), ...chosenHints()];
// With SIGILFORGE_ERROR_TEXTS=write the list gets the rows that are missing and loses those that are left over.
if (process.env['SIGILFORGE_ERROR_TEXTS'] === 'write') writeErrorTable(source);
const table = errorTable();
const byFile = (rows: readonly ErrorPlace[]): string[] =>
  [...new Set(rows.map((row) => `## ${row.at}\n${rowText(row)}`))].sort();

describe('the list of every error text', () => {
  test('has each one that the source makes: paste these rows, and say when', () => {
    const listed = new Set(table.map(keyOf));
    expect(byFile(source.filter((place) => !listed.has(keyOf(place))))).toEqual([]);
  });

  test('cannot be passed by: the class is made under its own name only', () => {
    const disguised = sourceFiles().filter((file) =>
      /SigilforgeError as |extends SigilforgeError|[^=]= SigilforgeError\b/.test(readSource(file)),
    );
    expect(disguised).toEqual([]);
  });

  test('has no other: remove these rows', () => {
    const made = new Set(source.map(keyOf));
    expect(byFile(table.filter((row) => !made.has(keyOf(row))))).toEqual([]);
  });

  test('has each one once, in the order of the files', () => {
    expect(table.map(keyOf).filter((key, index, all) => all.indexOf(key) !== index)).toEqual([]);
    const files = table.map(({ at }) => at);
    expect(files).toEqual([...files].sort((a, b) => (a < b ? -1 : 1)));
  });

  test('says in which state each one is made', () => {
    const said = ({ state }: { state: string }): boolean => state.length >= 10 && !state.includes('WHEN?');
    expect(table.filter((row) => !said(row)).map(rowText)).toEqual([]);
  });

  test('knows every text: only an error that is passed on may have all of them from elsewhere', () => {
    const unknown = table.filter(({ hint }) => hint === '{}');
    const explained = unknown.filter(
      ({ at, state }) => HINT_SOURCES.includes(at) || /^passes on|see |help of/.test(state),
    );
    expect(unknown.filter((row) => !explained.includes(row)).map(rowText)).toEqual([]);
  });
});

test('every command that a sentence or a hint mentions exists', () => {
  const names = [...commands.map(({ name }) => name), 'COMMAND'];
  const mentioned = table.flatMap(({ sentence, hint }) =>
    [...`${sentence} ${hint}`.matchAll(/(?<!'s )\bsigilforge ([\w-]+)/g)].map(([, name = '']) => name),
  );
  expect(mentioned.filter((name) => !names.includes(name))).toEqual([]);
});

/** Every hint with its row, those of the kinds in place of `default`, alternatives apart. */
const hints = table.flatMap((row) => {
  const text =
    row.hint === 'default' && row.kind in kinds ? kinds[row.kind as keyof typeof kinds].hint : row.hint;
  return text
    .split(' // ')
    .filter((hint) => hint !== '{}' && hint !== 'default')
    .map((hint) => ({ hint, row }));
});

/** Command lines of other programs. */
const OTHERS =
  /: (?:\w+=\S+ )?(?:npm|pnpm|yarn|cd|rm|mv|\{\}chmod|chmod|ulimit|vals) .*$|\(openssl [^)]*\)|: openssl .*$/;

describe('every hint', () => {
  test.each([
    ['is a sentence', (hint: string) => !/^(\p{Lu}|\{\})/u.test(hint)],
    ['ends with a period, or with what to type', (hint: string) => !/[.?)}]$/.test(hint) && !isTyped(hint)],
    [
      'names no option that no command has',
      (hint: string) => optionsIn(hint).some((name) => !options.has(name)),
    ],
    [
      'names no key that config.toml does not have',
      (hint: string) => keysIn(hint).some((key) => !isKey(key)),
    ],
  ])('%s', (_, isWrong) => {
    expect(hints.filter(({ hint }) => isWrong(hint)).map(({ row }) => rowText(row))).toEqual([]);
  });

  test('names only commands that exist, with their options and arguments', async () => {
    const faults: string[] = [];
    for (const { hint } of hints) {
      for (const line of commandsIn(hint)) {
        const fault = await faultIn(line.replaceAll(/sigilforge COMMAND|\{\} --help/g, 'sigilforge status'));
        if (fault) faults.push(`${line}: ${fault}`);
      }
    }
    expect(faults).toEqual([]);
    expect(hints.flatMap(({ hint }) => commandsIn(hint)).length).toBeGreaterThan(40);
  });

  test('names service, account and provider, unless the list says that the names are not known', () => {
    const wrong = hints.filter(
      ({ hint, row }) =>
        commandsIn(hint).some((line) => /\b(SERVICE|ACCOUNT)\b|provider \w+ ID\b/.test(line)) &&
        !row.state.includes('not known') &&
        // One half is known, and the other one is the person's choice.
        !hint.includes('add-account {} ACCOUNT'),
    );
    expect(wrong.map(({ row }) => rowText(row))).toEqual([]);
  });
});

const options = await everyOption();

function optionsIn(hint: string): string[] {
  return [...hint.replace(OTHERS, '').matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([name]) => name);
}

/** `vault.key`, or `[vals]: enabled = true`. */
function keysIn(hint: string): string[] {
  const dotted = [...hint.matchAll(/\b(daemon|vault|secrets|security|refresh|vals|hooks)\.([a-z_]+)\b/g)];
  const inSections = [...hint.matchAll(/\[(\w+)\]: (\w+) =/g)];
  return [...dotted, ...inSections].map(([, section, key]) => `${section}.${key}`);
}

function isKey(name: string): boolean {
  const [section, key] = name.split('.');
  try {
    parseConfig(`[${section}]\n${key} = {}`, 'config.toml');
  } catch (thrown) {
    return thrown instanceof SigilforgeError && !thrown.message.includes('known');
  }
  return true;
}

/** Whether a hint ends with something to type: a command line, an option, a value, or what is put in. */
function isTyped(hint: string): boolean {
  const last = hint.slice(
    Math.max(hint.lastIndexOf(': '), hint.lastIndexOf(' like '), hint.lastIndexOf('. ')),
  );
  return last !== hint && /sigilforge |--[a-z]|:\/\/|\{\}|[a-z]\.[a-z]|=| [a-z]+ -?[a-z]|\}\}/.test(last);
}
