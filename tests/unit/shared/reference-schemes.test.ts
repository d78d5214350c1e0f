import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readRequest } from '../../../cli/exec/request.js';
import { parseTemplate } from '../../../cli/inject/template.js';
import { resolveAll } from '../../../client/references/resolve-all.js';
import { withEnv } from '../../../client/references/with-env.js';
import type { Api } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { parseReference } from '../../../shared/reference.js';
import { looksLikeReference } from '../../../shared/reference-schemes.js';

/** What becomes of a text: it is a value, it is looked up, or it is refused as a misspelled reference. */
type Fate = 'value' | 'reference' | 'refused';

/** Answers as the daemon does: what cannot be read as a reference is refused. */
const resolve: Api['resolve'] = async ({ reference }) => {
  parseReference(reference);
  return {
    value: 'resolved',
    encoding: 'utf8',
    metadata: { kind: 'secret', source: null, expires_at: null },
  };
};

async function fateOf(work: () => Promise<'value' | 'reference'> | 'value' | 'reference'): Promise<Fate> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof SigilforgeError && thrown.kind === 'invalid_reference') return 'refused';
    throw thrown;
  }
}

const options = { env: [], envFile: [], file: [], fd: [], allowEnv: [] };

async function inEnvFile(text: string): Promise<'value' | 'reference'> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-references-'));
  try {
    const file = path.join(folder, 'variables.env');
    await writeFile(file, `A='${text}'\n`);
    const { variables } = await readRequest({ ...options, envFile: [file] }, {});
    return variables.has('A') ? 'reference' : 'value';
  } finally {
    await rm(folder, { recursive: true });
  }
}

const asWritten: [text: string, named: Fate, inherited: Fate][] = [
  ['auth://github/work/token', 'reference', 'reference'],
  ['auth://github', 'refused', 'refused'],
  ['auth:/github/work/token', 'value', 'value'],
  ['AUTH://github/work/token', 'value', 'value'],
  ['secret://key', 'reference', 'reference'],
  ['secret://', 'refused', 'refused'],
  ['env://NAME', 'reference', 'value'],
  ['env://1NAME', 'refused', 'value'],
  ['vals:ref+echo://x', 'reference', 'value'],
  ['vals:foo', 'refused', 'value'],
  ['vals:', 'refused', 'value'],
  ['ref+echo://x', 'reference', 'value'],
  ['ref+', 'refused', 'value'],
  ['reference', 'value', 'value'],
  ['Bearer auth://github/work/token', 'value', 'value'],
  ['interval:5', 'value', 'value'],
  ['', 'value', 'value'],
];

test.each(asWritten)('%j is the same in every place that a user names', async (text, named) => {
  expect(looksLikeReference(text)).toBe(named !== 'value');
  const inObject = () =>
    resolveAll(resolve, { a: text }).then(({ a }) => (a === text ? 'value' : 'reference'));
  const forChild = () =>
    withEnv(resolve, { A: text }, {}).then(({ A }) => (A === text ? 'value' : 'reference'));
  expect(await fateOf(inObject)).toBe(named);
  expect(await fateOf(forChild)).toBe(named);
  expect(await fateOf(() => inEnvFile(text))).toBe(named);
});

test.each(asWritten)('%j is the same in every inherited environment', async (text, _named, inherited) => {
  const forChild = () =>
    withEnv(resolve, {}, { A: text }).then(({ A }) => (A === text ? 'value' : 'reference'));
  const forProgram = () =>
    readRequest(options, { A: text }).then(({ variables }) => (variables.has('A') ? 'reference' : 'value'));
  expect(await fateOf(forChild)).toBe(inherited);
  expect(await fateOf(forProgram)).toBe(inherited);
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
