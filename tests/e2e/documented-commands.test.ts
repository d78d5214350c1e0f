import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { FATES, type Fate } from './documented-commands.js';

// Whoever reads a document copies its commands. Each one is run as it stands, in the order of the page.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENTS = ['README.md', 'SECURITY.md', 'daemon/README.md', 'tests/README.md'];
const hasPrograms = ['curl', 'nc', 'python3'].every((name) => spawnSync(name, ['-h']).error === undefined);

interface Command {
  readonly document: string;
  readonly command: string;
}

const commands: readonly Command[] = DOCUMENTS.flatMap((document) =>
  blocksOf(document, 'sh')
    .flatMap((block) => block.trim().split('\n'))
    .map((line) => line.replace(/\s+#\s.*$/, '').trim())
    .filter((line) => line !== '')
    .flatMap(withAndWithout)
    .map((command) => ({ document, command })),
);

let sandbox: Sandbox;
let github: FakeProvider;
/** Where a reader is: beside a program, a template and a project that has the package. */
let folder: string;

beforeAll(async () => {
  github = await startFakeProvider({
    'POST /login/device/code': () => ({
      body: {
        ...{ device_code: 'device', user_code: 'AB-12', verification_uri: `${github.url}/login/device` },
        ...{ expires_in: 900, interval: 1 },
      },
    }),
    'POST /login/oauth/access_token': () => ({
      body: { access_token: 'the token', token_type: 'bearer', scope: 'repo,read:org,gist' },
    }),
    'GET /user': ({ headers }) =>
      headers.authorization === 'Bearer the token' ? { body: { login: 'ada' } } : { status: 401 },
  });
  sandbox = await createSandbox();
  folder = path.join(sandbox.home, 'project');
  await prepare();
  return async () => {
    await shell('sigilforge daemon stop');
    await sandbox.stop();
    await github.stop();
  };
});

test('the table has every command that a document shows, in its order, and no other', () => {
  expect(commands.length).toBeGreaterThan(30);
  expect([...new Set(commands.map(({ command }) => command))]).toEqual(Object.keys(FATES));
});

describe.skipIf(!hasPrograms)('from top to bottom', () => {
  test.each(commands)('$document: $command', async ({ command }) => {
    const fate: Fate | undefined = FATES[command];
    if (fate === undefined) throw new Error('The table says nothing about it.');
    if ('because' in fate) return expectThere(command);
    const { code, stdout, stderr } = await shell(`${fate.first ?? ':'}\n${command}`, fate.input);
    expect(code, stderr).toBe(0);
    if (fate.prints !== undefined) expect(stdout).toMatch(asPattern(fate.prints));
    if (fate.next !== undefined) expect(await shell(fate.next)).toMatchObject({ code: 0 });
  });

  test('the template was filled in, in a file of mode 600', async () => {
    const { stdout } = await shell('cat app.conf; stat -c %a app.conf');
    expect(stdout).toBe('key = sk-a-key-of-openai\n600\n');
  });

  test('README.md: the example in Python prints the token', async () => {
    const [example = '', ...others] = blocksOf('README.md', 'python');
    expect(others).toEqual([]);
    await writeFile(path.join(folder, 'example.py'), example);
    expect(await shell('python3 example.py')).toMatchObject({ code: 0, stdout: 'the token\n', stderr: '' });
  });

  test('README.md: the example in code asks with the token', async () => {
    const [example = '', ...others] = blocksOf('README.md', 'ts');
    expect(others).toEqual([]);
    await writeFile(path.join(folder, 'example.mjs'), atFakeGithub(example));
    const before = github.sentTo('GET /user').length;
    expect(await shell('node example.mjs')).toMatchObject({ code: 0, stderr: '' });
    expect(github.sentTo('GET /user')).toHaveLength(before + 1);
  });

  test('README.md: what it shows of config.toml is taken', async () => {
    const home = path.join(sandbox.home, 'other');
    await mkdir(path.join(home, 'config'), { recursive: true, mode: 0o700 });
    const config = blocksOf('README.md', 'toml').join('\n');
    expect(config).toContain('[providers.corp]');
    await writeFile(path.join(home, 'config', 'config.toml'), config, { mode: 0o600 });
    const command = [...program('sigilforge'), '--direct', 'provider', 'list'];
    const listed = await sandbox.spawn(command, { input: '', env: { SIGILFORGE_HOME: home } }).exited;
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^corp\t/m) });
  });
});

/** The fenced blocks of a document in this language. */
function blocksOf(document: string, language: string): string[] {
  const text = readFileSync(path.join(ROOT, document), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block = '']) => block,
  );
}

/** `[--option]` is left out, and then taken. */
function withAndWithout(line: string): string[] {
  const optional = / \[(--[^\]]+)\]/;
  return optional.test(line) ? [line.replace(optional, ''), line.replace(optional, ' $1')] : [line];
}

/** The scripts and the files that a command which is not run names. */
function expectThere(command: string): void {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    scripts: object;
  };
  for (const [, name = ''] of command.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([name]);
  for (const [file] of command.matchAll(/\btests\/[\w./-]+/g))
    expect(existsSync(path.join(ROOT, file)), file).toBe(true);
}

/** The programs and files that the commands name, and a provider at the place of GitHub. */
async function prepare(): Promise<void> {
  const bin = path.join(sandbox.home, 'bin');
  await mkdir(bin);
  await mkdir(path.join(folder, 'node_modules'), { recursive: true });
  await symlink(ROOT, path.join(folder, 'node_modules', 'sigilforge'));
  const sigilforge = program('sigilforge')
    .map((part) => `'${part}'`)
    .join(' ');
  await executable(path.join(bin, 'sigilforge'), `exec ${sigilforge} "$@"`);
  // A masked value has no length of its own in the output, so each says how long it was.
  await executable(
    path.join(folder, 'agent'),
    'echo "agent has $(printf %s "$OPENAI_API_KEY" | wc -c) characters: $OPENAI_API_KEY"',
  );
  await executable(path.join(bin, 'gh'), 'echo "gh $* has $(printf %s "$GH_TOKEN" | wc -c)"');
  await writeFile(path.join(folder, 'app.conf.tmpl'), 'key = {{ secret://openai/key }}\n');
  const set = await shell(
    `sigilforge --direct provider set github --issuer ${github.url} --client-id before`,
  );
  expect(set).toMatchObject({ code: 0 });
}

async function executable(file: string, line: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${line}\n`);
  await chmod(file, 0o755);
}

function shell(command: string, input = '') {
  const env = {
    PATH: [path.join(sandbox.home, 'bin'), process.env['PATH']].join(path.delimiter),
    XDG_RUNTIME_DIR: path.dirname(sandbox.socket),
  };
  return sandbox.spawn(['bash', '-c', atFakeGithub(command)], { input, cwd: folder, env }).exited;
}

function atFakeGithub(text: string): string {
  return text.replaceAll('https://api.github.com', github.url);
}

function asPattern(expected: string | RegExp): RegExp {
  if (typeof expected !== 'string') return expected;
  return new RegExp(`^${expected.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}
