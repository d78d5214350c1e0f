import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ExecOptions, readRequest } from '../../../cli/exec/request/request.js';
import { parseTemplate } from '../../../cli/inject/template.js';
import { resolveAll } from '../../../client/references/resolve-all.js';
import { withEnv } from '../../../client/references/with-env.js';
import type { Api } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { parseReference } from '../../../shared/reference.js';
import { looksLikeReference, type ReferencePlace } from '../../../shared/reference-schemes.js';

/** What becomes of a text: it is ordinary text, it is looked up, or it is a fault. */
type Fate = 'text' | 'reference' | 'fault';

/** Answers as the daemon does: what cannot be read as a reference is refused. */
const resolve: Api['resolve'] = async ({ reference }) => {
  parseReference(reference);
  return {
    value: 'resolved',
    encoding: 'utf8',
    metadata: { kind: 'secret', source: null, expires_at: null },
  };
};

const options: ExecOptions = { env: [], envFile: [], file: [], stdin: [], fd: [], grant: [], allowEnv: [] };

/** Whether `exec` looks something up. */
async function asked(given: Partial<ExecOptions>, environment = {}): Promise<boolean> {
  const { variables, files, descriptors } = await readRequest({ ...options, ...given }, environment);
  return variables.size + files.size + descriptors.size > 0;
}

async function inEnvFile(text: string): Promise<boolean> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-references-'));
  try {
    const file = path.join(folder, 'variables.env');
    await writeFile(file, `A='${text}'\n`);
    return await asked({ envFile: [file] });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Every way in, by the place that it is: whether a text there was looked up. Throws for a fault. */
const entrances: Readonly<
  Record<ReferencePlace, Readonly<Record<string, (text: string) => Promise<boolean>>>>
> = {
  named: {
    parseReference: async (text) => parseReference(text) !== undefined,
    'exec --env': (text) => asked({ env: [`A=${text}`] }),
    'exec --file': (text) => asked({ file: [`A=${text}`] }),
    'exec --stdin': (text) => asked({ stdin: [text] }),
    'exec --fd': (text) => asked({ fd: [`3=${text}`] }),
  },
  value: {
    resolveAll: async (text) => (await resolveAll(resolve, { a: text })).a !== text,
    withEnv: async (text) => (await withEnv(resolve, { A: text }, {}))['A'] !== text,
    'exec --env-file': inEnvFile,
  },
  inherited: {
    withEnv: async (text) => (await withEnv(resolve, {}, { A: text }))['A'] !== text,
    exec: (text) => asked({}, { A: text }),
  },
  template: {
    '{{ }}': async (text) => parseTemplate(Buffer.from(`{{ ${text} }}`)).some((part) => 'reference' in part),
    '{{}}': async (text) => parseTemplate(Buffer.from(`{{${text}}}`)).some((part) => 'reference' in part),
  },
};

async function fateOf(work: Promise<boolean>): Promise<Fate> {
  try {
    return (await work) ? 'reference' : 'text';
  } catch (thrown) {
    if (thrown instanceof SigilforgeError && thrown.kind === 'invalid_reference') return 'fault';
    throw thrown;
  }
}

const [R, T, F] = ['reference', 'text', 'fault'] as const;

const texts: [text: string, named: Fate, value: Fate, inherited: Fate, template: Fate][] = [
  ['auth://github/work/token', R, R, R, R],
  ['auth://github', F, F, F, F],
  ['auth://a/b', F, F, F, F],
  ['auth://a/b/no-pe!', F, F, F, F],
  ['auth://a/b/token/', F, F, F, F],
  ['auth:/github/work/token', F, T, T, T],
  ['AUTH://github/work/token', F, T, T, F],
  ['Secret://key', F, T, T, F],
  ['secrets://key', F, T, T, F],
  ['secret://key', R, R, R, R],
  ['secret://', F, F, F, F],
  ['secret://x?y', F, F, F, F],
  ['secret://x y', F, F, F, F],
  [' secret://x', F, T, T, R],
  ['secret://x ', F, F, F, R],
  ['sec ret://', F, T, T, T],
  ['"secret://x"', F, T, T, T],
  ['secret', F, T, T, T],
  ['env://NAME', R, R, T, R],
  ['env://1NAME', F, F, T, F],
  ['vals:ref+echo://x', R, R, T, R],
  ['vals:foo', F, F, T, F],
  ['vals:', F, F, T, F],
  ['ref+echo://x', R, R, T, R],
  ['ref+', F, F, T, F],
  ['https://example.org/', F, T, T, F],
  ['reference', F, T, T, T],
  ['Bearer auth://github/work/token', F, T, T, T],
  ['interval:5', F, T, T, T],
  ['', F, T, T, T],
  ['x'.repeat(3000), F, T, T, T],
  [`secret://${'x'.repeat(3000)}`, F, F, F, F],
  ['ref+echo://'.padEnd(3000, 'x'), F, F, T, F],
];

/** With a zero byte, which neither an env file nor an environment can hold. */
const zero: typeof texts = [
  ['secret://x\0', F, F, F, F],
  ['x\0', F, T, T, T],
];

const places: readonly ReferencePlace[] = ['named', 'value', 'inherited', 'template'];

describe.each(places)('%s', (place) => {
  const column = { named: 1, value: 2, inherited: 3, template: 4 } as const;

  test.each(texts.map((row) => [row[0], row[column[place]]] as const))(
    '%j is the same at every entrance: %s',
    async (text, fate) => {
      for (const [entrance, enter] of Object.entries(entrances[place])) {
        expect([entrance, await fateOf(enter(text))]).toEqual([entrance, fate]);
      }
      if (place !== 'template') expect(looksLikeReference(text, place)).toBe(fate !== 'text');
    },
  );

  test.each(zero.map((row) => [row[0], row[column[place]]] as const))('%j: %s', async (text, fate) => {
    const withoutVariables = Object.entries(entrances[place]).filter(([name]) => !/env|exec/i.test(name));
    for (const [entrance, enter] of withoutVariables) {
      expect([entrance, await fateOf(enter(text))]).toEqual([entrance, fate]);
    }
  });
});

test.each([
  ['{ auth://github/work/token }}', true],
  ['{ env://NAME}}', true],
  ['{ vals:ref+echo://x }}', true],
  ['{"a": {"vals": 5}}', false],
  ['{a: {vals:5}}', false],
])('a template with %s: a reference whose opening braces are missing is %s', (text, isFault) => {
  const parse = () => parseTemplate(Buffer.from(text));
  if (isFault) expect(parse).toThrow(expect.objectContaining({ kind: 'invalid_params' }));
  else expect(parse()).toHaveLength(1);
});
