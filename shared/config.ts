import { parse as parseToml, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { LIMITS, type Limit } from './config-limits.js';
import { SigilforgeError } from './errors.js';
import { pattern } from './pattern.js';
import { providerSettings } from './provider.js';
import { LogLevel, ServiceName, Text } from './schemas.js';
import { lineOfKey } from './toml-lines.js';
import { check } from './validate.js';

const Command = v.pipe(v.array(Text), v.minLength(1));

function section<E extends v.ObjectEntries>(entries: E) {
  return v.optional(v.strictObject(entries), {} as v.InferInput<v.StrictObjectSchema<E, undefined>>);
}

function limit({ usual, least, most }: Limit) {
  return v.optional(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)), usual);
}

const Config = v.strictObject({
  daemon: section({
    socket: v.optional(Text),
    log_level: v.optional(LogLevel, 'info'),
  }),
  vault: section({
    key: v.optional(v.picklist(['auto', 'keychain', 'key_file', 'credential', 'password']), 'auto'),
    lock_after: v.optional(
      v.pipe(
        v.string(),
        pattern(/^(never|[1-9][0-9]{0,5}(s|m|h|d))$/, '"never" or a time such as "30m", "12h" or "7d"'),
      ),
      'never',
    ),
  }),
  secrets: section({ default_backend: v.optional(v.picklist(['keychain', 'vault']), 'vault') }),
  security: section({ reveal: v.optional(v.array(Text), []) }),
  network: section({
    proxy: v.optional(
      v.pipe(
        v.string(),
        pattern(
          /^(|none|https?:\/\/[^\s/?#]+\/?)$/,
          'an address such as "http://proxy.example.org:3128", "none", or empty',
        ),
      ),
    ),
    ca_file: v.optional(v.pipe(Text, pattern(/^(\/|[A-Za-z]:[\\/])/, 'a whole path, from the root on'))),
  }),
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
  limits: section({
    connections: limit(LIMITS.connections),
    requests: limit(LIMITS.requests),
    waiting: limit(LIMITS.waiting),
    line_bytes: limit(LIMITS.line_bytes),
    depth: limit(LIMITS.depth),
    half_line_s: limit(LIMITS.half_line_s),
    unread_bytes: limit(LIMITS.unread_bytes),
    unread_each_bytes: limit(LIMITS.unread_each_bytes),
    batch: limit(LIMITS.batch),
    flows: limit(LIMITS.flows),
    flows_each: limit(LIMITS.flows_each),
    subscriptions: limit(LIMITS.subscriptions),
    doors: limit(LIMITS.doors),
    doors_each: limit(LIMITS.doors_each),
  }),
  audit: section({
    strict: v.optional(v.boolean(), false),
    keep_days: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(36_500)), 90),
  }),
  runs: section({
    keep_days: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(36_500)), 30),
    at_once: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)), 4),
  }),
  asking: section({
    /** Whether the daemon opens pages and shows notifications by itself. */
    desktop: v.optional(v.boolean(), true),
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

/** `config.toml` with every default filled in. */
export type Config = v.InferOutput<typeof Config>;

/** The text of `config.toml` as a `Config`. Throws `config` naming the file, the line and the key, and never a value. */
export function parseConfig(text: string, file: string): Config {
  const checked = check(Config, parseDocument(text, file));
  if ('output' in checked) return checked.output;
  const { path, sentence } = checked.fault;
  throw mistake(file, lineOfKey(text, path), sentence);
}

function parseDocument(text: string, file: string): unknown {
  try {
    return parseToml(text);
  } catch (thrown) {
    // TomlError quotes the lines around the fault, which may contain a secret: only the place is kept.
    if (thrown instanceof TomlError) throw mistake(file, thrown.line, 'this is not valid TOML');
    throw thrown;
  }
}

function mistake(file: string, line: number | undefined, sentence: string): SigilforgeError {
  const place = line === undefined ? file : `${file}, line ${line}`;
  return new SigilforgeError('config', `${place}: ${sentence}.`);
}
