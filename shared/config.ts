import { parse as parseToml, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { SigilforgeError } from './errors.js';
import { providerSettings } from './provider.js';
import { LogLevel, ServiceName, Text } from './schemas.js';
import { faultOf } from './validate.js';

const Command = v.pipe(v.array(Text), v.minLength(1));

function section<E extends v.ObjectEntries>(entries: E) {
  return v.optional(v.strictObject(entries), {} as v.InferInput<v.StrictObjectSchema<E, undefined>>);
}

const Config = v.strictObject({
  daemon: section({
    socket: v.optional(Text),
    log_level: v.optional(LogLevel, 'info'),
  }),
  vault: section({
    key: v.optional(v.picklist(['auto', 'keychain', 'key_file', 'credential', 'password']), 'auto'),
    lock_after: v.optional(v.pipe(v.string(), v.regex(/^(never|[1-9][0-9]{0,5}(s|m|h|d))$/)), 'never'),
  }),
  secrets: section({ default_backend: v.optional(v.picklist(['keychain', 'vault']), 'vault') }),
  security: section({ reveal: v.optional(v.array(Text), []) }),
  refresh: section({
    ahead_s: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(86_400)), 300),
    idle_days: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(3650)), 7),
  }),
  vals: section({
    enabled: v.optional(v.boolean(), false),
    allow: v.optional(v.array(Text), ['*']),
    cache_ttl_s: v.optional(v.pipe(v.number(), v.minValue(0)), 300),
    timeout_s: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(600)), 10),
  }),
  hooks: section({
    account_added: v.optional(Command),
    account_removed: v.optional(Command),
    token_refreshed: v.optional(Command),
    needs_auth: v.optional(Command),
    recovered: v.optional(Command),
  }),
  providers: v.optional(v.record(ServiceName, v.strictObject(providerSettings)), {}),
});

/** `config.toml`, every default filled in. */
export type Config = v.InferOutput<typeof Config>;

/** The text of `config.toml` as a `Config`. Throws `config` naming the file, the line and the key, and never a value. */
export function parseConfig(text: string, file: string): Config {
  const document = parseDocument(text, file);
  const fault = faultOf(Config, document);
  if (fault) throw mistake(file, lineOf(text, document), fault.sentence);
  return v.parse(Config, document);
}

function parseDocument(text: string, file: string): unknown {
  try {
    return parseToml(text);
  } catch (thrown) {
    // TomlError quotes the lines around the fault, which may hold what nobody should see: only the place is kept.
    if (thrown instanceof TomlError) throw mistake(file, thrown.line, 'this is not valid TOML');
    throw thrown;
  }
}

function mistake(file: string, line: number | undefined, sentence: string): SigilforgeError {
  const place = line === undefined ? file : `${file}, line ${line}`;
  return new SigilforgeError('config', `${place}: ${sentence}.`);
}

/**
 * The line, from 1, on which the first fault lies: where the last key of its path is set, after the header of its table,
 * dotted keys included. The keys of the file itself are looked for, which a message may leave out.
 */
function lineOf(text: string, document: unknown): number | undefined {
  const issue = v.safeParse(Config, document, { abortEarly: true }).issues?.[0];
  const path = issue?.path?.map(({ key }) => String(key)) ?? [];
  let found: number | undefined;
  let depth = 0;
  let table: readonly string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const header = HEADER.exec(line)?.[1];
    const key = KEY.exec(line)?.[1];
    if (header !== undefined) table = namesOf(header);
    else if (key === undefined) continue;
    const shared = commonLength([...table, ...(header === undefined ? namesOf(key ?? '') : [])], path);
    if (shared <= depth) continue;
    depth = shared;
    found = index + 1;
  }
  return found;
}

/** The header of a table, or of an array of tables (TOML 1.0). */
const HEADER = /^\s*\[\[?([^[\]]+)\]/;
const KEY = /^\s*([^=#[\]]+?)\s*=/;
const NAME = /"([^"]*)"|'([^']*)'|([^\s.]+)/g;

function namesOf(key: string): string[] {
  return [...key.matchAll(NAME)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}

function commonLength(names: readonly string[], path: readonly string[]): number {
  const different = names.findIndex((name, index) => name !== path[index]);
  return different === -1 ? names.length : different;
}
