import { createHmac } from 'node:crypto';
import { chmod, cp, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { RunMessage } from '../../shared/contract/index.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';

// Each example of client/examples, added and run by the commands that a person types.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLES = path.join(ROOT, 'client', 'examples');
/** What the package puts on the disk for a program that imports the client library. */
const LIBRARY = ['package.json', 'dist/client.cjs', 'dist/client.mjs'];

interface Here extends DaemonBackend {
  /** Runs a command to its end, which must be a good one, and gives its standard output. */
  command(args: readonly string[], input?: string): Promise<string>;
}

/** A daemon, and an example added to it. Its folder is a copy, which only this user may change. */
async function added(example: string): Promise<Here> {
  const backend = await stopAfter(startDaemon());
  const { sandbox } = backend;
  const folder = path.join(sandbox.home, example);
  await cp(path.join(EXAMPLES, example), folder, { recursive: true });
  await closeToOthers(folder);
  const command = async (args: readonly string[], input = ''): Promise<string> => {
    const { code, stdout, stderr } = await sandbox.run(args, { input });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return stdout;
  };
  if (example === 'token-check') await installLibrary(folder);
  await command(['capability', 'add', folder]);
  return { ...backend, command };
}

async function closeToOthers(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const isProgram = entry.name.endsWith('.pl');
    await chmod(path.join(folder, entry.name), isProgram ? 0o700 : 0o600);
  }
}

async function installLibrary(folder: string): Promise<void> {
  const library = path.join(folder, 'node_modules', 'sigilforge');
  await mkdir(library, { recursive: true, mode: 0o700 });
  for (const file of LIBRARY) await cp(path.join(ROOT, file), path.join(library, file));
}

async function messagesOf({ api }: Here, capability: string): Promise<RunMessage[]> {
  const { runs } = await api.listRuns({ capability });
  const { messages } = await api.listMessages({ run_id: runs[0]?.id ?? '' });
  return messages;
}

const contentOf = (messages: readonly RunMessage[], role: string) =>
  messages.filter((message) => message.role === role).map(({ content }) => content);

test('the examples are those that are run', async () => {
  const folders = (await readdir(EXAMPLES, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  // That for any language is no capability: tests/client/any-language.test.ts runs it.
  expect(folders.map(({ name }) => name).sort()).toEqual([
    'any-language',
    'pseudonyms',
    'token-check',
    'webhook-signer',
  ]);
});

test('Python, with a secret of its own and storage', async () => {
  const here = await added('webhook-signer');
  const key = 'a key of the receiver';
  await here.command(['capability', 'secret', 'set', 'webhook-signer', 'SIGNING_KEY'], key);
  const sign = () => here.command(['capability', 'run', 'webhook-signer', '--args', '{"body":"hello"}']);
  const signature = `sha256=${createHmac('sha256', key).update('hello').digest('hex')}\n`;
  expect(await sign()).toBe(signature);
  expect(await sign()).toBe(signature);
  expect(contentOf(await messagesOf(here, 'webhook-signer'), 'output')).toEqual(['Signed 2 so far.']);
  const stored = await here.api.storageGet({ capability: 'webhook-signer', key: 'signed' });
  expect(stored).toMatchObject({ value: 2, version: 2 });
});

test('Node, with the client library over the door of its run', async () => {
  const here = await added('token-check');
  await here.api.addAccount({ service: 'github', account: 'work', credential: { api_key: 'a token' } });
  const refused = await here.sandbox.run(['capability', 'run', 'token-check']);
  expect(refused).toMatchObject({ code: 7, stdout: '' });
  expect(refused.stderr).toContain('auth://github/work/token');
  await here.command(['capability', 'grant', 'token-check', 'auth://github/work/token']);
  const check = () => here.command(['capability', 'run', 'token-check']);
  expect(await check()).toBe('Check 1: the token is good until it is revoked.\n');
  expect(await check()).toBe('Check 2: the token is good until it is revoked.\n');
  expect(contentOf(await messagesOf(here, 'token-check'), 'assistant')).toEqual([
    'The token is of type api_key.',
  ]);
});

test('any other program, with a granted secret as a variable', async () => {
  const here = await added('pseudonyms');
  const pepper = 'a pepper of the team';
  await here.command(['secret', 'set', 'team/pepper'], pepper);
  await here.command(['capability', 'grant', 'pseudonyms', 'secret://team/pepper']);
  const expected = ['Ada', 'Grâce'].map(
    (name) => `p-${createHmac('sha256', pepper).update(name).digest('hex').slice(0, 12)}`,
  );
  const args = JSON.stringify({ names: ['Ada', 'Grâce'] });
  const response = await here.command(['capability', 'run', 'pseudonyms', '--args', args]);
  expect(response).toBe(`${expected.join(' ')}\n`);
  expect(contentOf(await messagesOf(here, 'pseudonyms'), 'assistant')).toEqual(
    expected.map((pseudonym) => `One more is ${pseudonym}.`),
  );
  const stored = await here.api.storageGet({ capability: 'pseudonyms', key: 'replaced' });
  expect(stored).toMatchObject({ value: 2 });
});
