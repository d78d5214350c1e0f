import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { camelCase, methodNames } from '../../shared/contract/index.js';
import { declarationFiles } from '../build/declarations.js';
import { type Field, methodModels, pascal, type Shape, typeModels } from '../build/model.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

// What an editor shows for the package: the declarations as the build writes them.

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const files = declarationFiles();
const client = files['dist/client.d.ts'];

/** The comment before a line of the declarations, its stars and its line breaks left out. */
function commentBefore(line: string, after = ''): string {
  const start = client.indexOf(after);
  const end = client.indexOf(line, start);
  if (start < 0 || end < 0) throw new Error(`There is no ${line} after ${after}.`);
  const [, comment = ''] = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(client.slice(start, end)) ?? [];
  return comment.replace(/^\s*\*? ?/gm, '').trim();
}

test('get_token has its text, its errors, an example and its standards', () => {
  expect(commentBefore('  getToken(params: GetTokenParams): Promise<AccessToken>;')).toBe(`\
Returns an access token that works, refreshed first if necessary.

@param params - \`service\`, \`account\`, \`min_valid_s\`, \`refresh_if_needed\`, \`rejected_token\`
@returns The token.
@throws \`not_found\`: There is no such account, provider, secret, sign-in, slot, capability or run.
@throws \`auth_required\`: There is no usable token and no way to refresh it: a person has to sign in again.
@throws \`refresh_failed\`: The provider refused, or its answer was not usable.
@throws \`network\`: The provider could not be reached.
@throws \`config\`: There is a mistake in config.toml or in a manifest, or a provider lacks a setting.
@throws \`vault_locked\`: The vault or the keychain is locked.
@throws \`integrity\`: Stored data, or a file of a capability, is not what was recorded.
@throws Any call may also throw \`invalid_params\`, \`internal_error\`, \`store_unavailable\`, \`limit_exceeded\`, \`timeout\`, \`cancelled\`, \`incompatible\`, \`daemon_unavailable\`, \`denied\`.
@example
\`\`\`ts
const result = await client.getToken({ service: 'example', account: 'work', min_valid_s: 600 });
// result: {
//   access_token: 'gT5kVq0nB3xR8sYw',
//   token_type: 'Bearer',
//   expires_at: '2026-01-31T13:00:00.000Z',
//   scopes: [
//     'openid',
//     'profile'
//   ]
// }
\`\`\`
@see {@link https://www.rfc-editor.org/rfc/rfc6749#section-6 | RFC 6749, section 6}
@see {@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1 | RFC 6750, section 2.1}`);
});

test('options and results have their units, limits and defaults', () => {
  expect(commentBefore('min_valid_s?: number', 'interface GetTokenParams')).toBe(
    'Seconds that the token must stay valid; 300 if left out, or a tenth of its lifetime if that is less. It counts for at most half of the lifetime.\nWhole seconds, from 0 to 31,536,000 (one year).',
  );
  expect(commentBefore('timeout_s?: number', 'interface WaitFlowParams')).toMatch(
    /^Seconds to wait; .*\n.*\n\n@defaultValue 60$/,
  );
  expect(commentBefore('expires_at: string | null', 'interface AccessToken')).toMatch(
    /^When the token expires; .*\nISO 8601 in UTC with milliseconds/,
  );
  expect(commentBefore('export type FlowKind')).toContain('- `device_code`: ');
});

describe.each(methodModels())('$name', (method) => {
  const { call, summary, errors, params } = method;

  test('has its summary, every kind of error and an example', () => {
    const comment = commentBefore(`  ${call}(params`, 'export interface Api {');
    expect(comment.startsWith(`${summary}\n`)).toBe(true);
    const kinds = [...comment.matchAll(/^@throws `(\w+)`: [A-Z].*\.$/gm)].map(([, kind]) => kind);
    expect(kinds).toEqual(errors);
    expect(comment).toMatch(new RegExp(`^const result = await client\\.${call}\\(`, 'm'));
  });

  test('has a text for each parameter and each field of its result', () => {
    const own = pascal(method.name);
    if (params.length > 0) expectTexts(params, `export interface ${own}Params {`);
    expectTexts(fieldsOf(method.result.shape), `export interface ${own}Result {`);
  });
});

test.each(typeModels().filter(({ shape }) => shape.kind === 'object'))(
  '$name has a text for each field',
  (type) => {
    expectTexts(fieldsOf(type.shape), `export interface ${type.name} {`);
  },
);

function fieldsOf(shape: Shape): readonly Field[] {
  if (shape.kind === 'object') return shape.fields;
  return shape.kind === 'list' || shape.kind === 'nullable' ? fieldsOf(shape.of) : [];
}

/** Each field has its text in its own comment; fields inside have theirs inside. */
function expectTexts(fields: readonly Field[], within: string): void {
  const start = client.indexOf(within);
  const body = client.slice(start, client.indexOf('\n}\n', start));
  const seen = (field: Field, indent: string): void => {
    const [, comment = ''] =
      new RegExp(`\\/\\*\\*((?:(?!\\*\\/)[\\s\\S])*)\\*\\/\\n${indent}${field.name}\\??: `).exec(body) ?? [];
    expect(comment, field.name).toContain(field.text);
    for (const inner of fieldsOf(field.shape)) seen(inner, `${indent}  `);
  };
  for (const field of fields) seen(field, '  ');
}

test('nothing that is exported is without a comment, and nothing is imported but the one from the other', () => {
  const texts = Object.values(files);
  const bare = texts.flatMap((text) => [
    ...text.matchAll(/(?<!\*\/\s*)\nexport (?:declare )?(?:interface|type|class|function) (\w+)/g),
  ]);
  expect(bare.map(([, name]) => name)).toEqual([]);
  const imports = texts.flatMap((text) => [...text.matchAll(/ from '([^']+)'/g)].map(([, from]) => from));
  expect(new Set(imports)).toEqual(new Set(['./client.js']));
});

/** Each method's types as the contract infers them, and as the declarations spell them. */
const COMPARISON = `
import type { ParamsOf, ResultOf } from 'contract';
import type * as d from './client.js';
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Result<F extends (...args: never) => unknown> = Awaited<ReturnType<F>>;
type Params<F extends (...args: never) => unknown> = NonNullable<Parameters<F>[0]>;
const same: true[] = [
${methodNames
  .map(
    (name) =>
      `  true satisfies Same<ResultOf<'${name}'>, Result<d.Api['${camelCase(name)}']>>, true satisfies Same<ParamsOf<'${name}'>, Params<d.Api['${camelCase(name)}']>>,`,
  )
  .join('\n')}
];
export { same };
`;

async function compiled(declarations: string, program: string): Promise<string> {
  const { home } = await stopAfter(createSandbox());
  const folder = path.join(home, 'types');
  await mkdir(folder);
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  await writeFile(path.join(folder, 'client.d.ts'), declarations);
  await writeFile(path.join(folder, 'daemon.d.ts'), files['dist/daemon.d.ts']);
  await writeFile(path.join(folder, 'program.ts'), program);
  const config = {
    extends: path.join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      rootDir: '/',
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
      lib: ['es2023', 'esnext.disposable'],
      typeRoots: [path.join(ROOT, 'node_modules/@types')],
      paths: { contract: [path.join(ROOT, 'shared/contract/index.ts')] },
    },
    include: [],
    files: ['program.ts', 'client.d.ts', 'daemon.d.ts'],
  };
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [tsc, '-p', folder]).then(
    () => '',
    (failed: { stdout: string }) => failed.stdout,
  );
}

test('the types are those of the contract', async () => {
  expect(await compiled(client, COMPARISON)).toBe('');
});

test('this would show if one were not', async () => {
  const wrong = client.replace('min_valid_s?: number | null | undefined', 'min_valid_s?: string | undefined');
  expect(wrong).not.toBe(client);
  expect(await compiled(wrong, COMPARISON)).toContain('program.ts');
});
