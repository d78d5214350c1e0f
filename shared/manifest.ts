import * as v from 'valibot';
import { asSigilforgeError } from './errors.js';
import { covers, isWild, MOST_GRANTS, parseGrant } from './grant.js';
import { parseJson } from './json.js';
import { pattern } from './pattern.js';
import { MAX_REFERENCE } from './reference.js';
import { Endpoint } from './schemas.js';
import { checkAll } from './validate.js';

/** The file in a capability's folder that says what it is. */
export const MANIFEST_FILE = 'manifest.json';

/** What a capability is called. */
export const CapabilityName = v.pipe(
  v.string(),
  pattern(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    'a name of 1 to 64 letters (a to z), digits and . _ -, beginning with a letter or a digit',
  ),
);

/** What a capability calls a secret of its own, or a variable. */
export const VariableName = v.pipe(
  v.string(),
  pattern(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'a name of 1 to 128 letters (A to Z, a to z), digits and _'),
);

/** How long a run may take if its manifest does not say, in seconds. */
const USUAL_RUN_S = 60;
/** The longest time that a manifest may allow a run, in seconds. */
export const MOST_RUN_S = 86_400;

const Line = v.pipe(v.string(), v.minLength(1), v.maxLength(1024));
const Prose = v.pipe(v.string(), v.maxLength(8192));

/** A file of the folder by its path there, with `/` between names; none of them `.` or `..`. */
const Entry = v.pipe(
  Line,
  pattern(/^(?!\.{1,2}(\/|$))[^/\\\0]+(\/(?!\.{1,2}(\/|$))[^/\\\0]+)*$/, 'a path within the folder'),
);

const RunSettings = v.variant('runner', [
  v.strictObject({ runner: v.literal('python'), entry: Entry }),
  v.strictObject({ runner: v.literal('node'), entry: Entry }),
  v.strictObject({
    runner: v.literal('command'),
    command: v.pipe(v.array(v.pipe(v.string(), v.maxLength(4096))), v.minLength(1), v.maxLength(64)),
    /** Whether one process serves many runs, one after another. */
    keep_alive: v.optional(v.boolean(), false),
  }),
]);

/** A secret of its own that a capability asks for. */
export const WantedSecret = v.strictObject({
  name: VariableName,
  description: v.optional(Prose, ''),
  /** Where a person gets one. */
  obtain: v.optional(Endpoint),
  obtain_instructions: v.optional(Prose),
});
export type WantedSecret = v.InferOutput<typeof WantedSecret>;

const GrantWish = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_REFERENCE));

export const Manifest = v.strictObject({
  name: CapabilityName,
  version: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  description: v.optional(Prose, ''),
  run: RunSettings,
  required_secrets: v.optional(v.pipe(v.array(WantedSecret), v.maxLength(128)), []),
  /** What it asks for. Nothing of it is granted before a person says so. */
  grants: v.optional(v.pipe(v.array(GrantWish), v.maxLength(MOST_GRANTS)), []),
  /** Variables that a run gets, each with the value of a reference that `grants` covers. */
  env: v.optional(v.record(VariableName, GrantWish), {}),
  timeout_s: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_RUN_S)), USUAL_RUN_S),
  /** Whether several runs of it may be under way at once. */
  concurrent: v.optional(v.boolean(), false),
  /** Whether it stays up by itself, instead of running when it is asked to. */
  service: v.optional(v.boolean(), false),
  active: v.optional(v.boolean(), true),
});

/** A manifest with its defaults filled in, and its references in their usual spelling. */
export type Manifest = v.InferOutput<typeof Manifest>;

/** One fault: its place as a JSON path (`$.run.entry`), and a sentence about it that repeats no value. */
export interface ManifestFault {
  readonly path: string;
  readonly sentence: string;
}

/** The text of a `manifest.json`, or everything that is wrong with it. */
export function readManifest(
  text: string,
): { readonly manifest: Manifest } | { readonly faults: readonly ManifestFault[] } {
  const document = parseJson(text);
  if (document === undefined) return { faults: [{ path: '$', sentence: 'this is not valid JSON' }] };
  const checked = checkAll(Manifest, document);
  if ('faults' in checked) {
    return { faults: checked.faults.map(({ path, sentence }) => ({ path: jsonPath(path), sentence })) };
  }
  const faults: ManifestFault[] = [];
  const manifest = withUsualSpelling(checked.output, faults);
  return faults.length > 0 ? { faults } : { manifest };
}

function withUsualSpelling(manifest: Manifest, faults: ManifestFault[]): Manifest {
  const spelt = (text: string, ...path: string[]): string => {
    try {
      return parseGrant(text);
    } catch (thrown) {
      faults.push({ path: jsonPath(path), sentence: asSigilforgeError(thrown).message.replace(/\.$/, '') });
      return text;
    }
  };
  const grants = manifest.grants.map((grant, index) => spelt(grant, 'grants', String(index)));
  const env = Object.fromEntries(
    Object.entries(manifest.env).map(([name, text]) => {
      const reference = spelt(text, 'env', name);
      if (isReserved(name)) faults.push({ path: jsonPath(['env', name]), sentence: RESERVED });
      if (isWild(reference)) faults.push({ path: jsonPath(['env', name]), sentence: NOT_ONE });
      else if (!grants.some((grant) => covers(grant, reference)))
        faults.push({ path: jsonPath(['env', name]), sentence: NOT_ASKED_FOR });
      return [name, reference];
    }),
  );
  if (manifest.service && manifest.run.runner === 'command' && manifest.run.keep_alive)
    faults.push({ path: '$.run.keep_alive', sentence: NO_RUNS });
  const names = manifest.required_secrets.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    faults.push({ path: jsonPath(['required_secrets', String(index), 'name']), sentence: TWICE });
  }
  return { ...manifest, grants, env };
}

const RESERVED = 'Sigilforge sets this variable by itself';
const NOT_ONE = 'a variable has one value, so * is not possible here';
const NOT_ASKED_FOR = 'this reference is not covered by grants';
const NO_RUNS = 'a service has no runs that its process could serve';
const TWICE = 'this name is there twice';

/** What tells a run where its door is, and what decides which programs it finds and loads. */
function isReserved(name: string): boolean {
  return /^(SIGILFORGE_.*|PATH|HOME|TMPDIR|LD_.*|DYLD_.*|NODE_OPTIONS|PYTHON.*)$/i.test(name);
}

/** RFC 9535, with names that need no quotes in their short form. Other names may be anything, and are not repeated. */
function jsonPath(path: readonly string[]): string {
  const steps = path.map((key) => {
    if (/^[0-9]+$/.test(key)) return `[${key}]`;
    return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(key) ? `.${key}` : "['…']";
  });
  return `$${steps.join('')}`;
}
