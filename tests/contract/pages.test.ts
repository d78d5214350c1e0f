import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path, { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import { type Listed, PAGE_BYTES, pageOf } from '../../daemon/core/platform/pages.js';
import { contract, type MethodName, methodNames } from '../../shared/contract/index.js';
import { weather, writeCapability } from '../support/capabilities.js';
import { backends, type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import { hasPython } from '../support/start/terminal.js';
import * as stored from '../support/stored.js';
import { WireClient } from '../support/wire/wire-client.js';

const run = promisify(execFile);
const hasGo = spawnSync('go', ['version']).status === 0;
const LINE = 64 * 1024;
const LISTS = methodNames.filter((name) => 'cursor' in contract[name].params.entries);

/** `count` accounts with names as long as names may be. */
async function addAccounts(
  { api, sandbox }: { api: SigilforgeClient; sandbox: { home: string } },
  count: number,
) {
  const name = (index: number) => `copy-${String(index).padStart(4, '0')}-${'x'.repeat(60)}`;
  const { account } = await api.addAccount({
    service: 'example',
    account: name(0),
    credential: { api_key: 'a key' },
  });
  const others = Array.from({ length: count - 1 }, (_, index) => name(index + 1));
  stored.insertListed(sandbox.home, account?.id ?? '', others);
}

/** The lines that a walk over the pages of a list is answered with. */
async function lines(socket: string, method: MethodName, params: object = {}): Promise<string[]> {
  const client = await stopAfter(WireClient.connect(socket));
  const all: string[] = [];
  for (let cursor: unknown = null; ; ) {
    client.send(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, cursor } })}\n`);
    const line = (await client.line()) ?? '';
    all.push(line);
    cursor = JSON.parse(line).result.cursor;
    if (cursor === null) return all;
  }
}

const resultsOf = (all: readonly string[]) => all.map((line) => JSON.parse(line).result);

test('every list has a cursor, last in its parameters and in its result', () => {
  expect(LISTS).toEqual([
    ...['list_providers', 'list_accounts', 'accounts_status'],
    ...['list_unread_answers', 'get_secrets', 'list_secrets', 'list_audit', 'list_doors'],
    ...['list_capabilities', 'list_capability_versions', 'list_capability_secrets', 'storage_list'],
    ...['list_runs', 'list_messages', 'list_secret_requests', 'list_proposals'],
  ]);
  for (const name of LISTS) {
    expect(Object.keys(contract[name].params.entries).at(-1)).toBe('cursor');
    expect(contract[name].result).toHaveProperty('entries.cursor');
  }
});

describe.each([302, 3000])('%i accounts', (count) => {
  async function started(): Promise<DaemonBackend> {
    const backend = await stopAfter(startDaemon());
    await addAccounts(backend, count);
    return backend;
  }

  test('come in lines of less than 64 KiB, each account once and in order', async () => {
    const { daemon, api } = await started();
    for (const method of ['list_accounts', 'accounts_status'] as const) {
      const all = await lines(daemon.socket, method);
      if (method === 'list_accounts') expect(all.length).toBeGreaterThan(1);
      for (const line of all) expect(Buffer.byteLength(line)).toBeLessThan(LINE);
      const names = resultsOf(all).flatMap(({ accounts }) =>
        accounts.map((one: { account: string }) => one.account),
      );
      expect(names).toHaveLength(count);
      expect(names).toEqual([...new Set(names)].sort());
      for (const result of resultsOf(all)) {
        if (method === 'accounts_status')
          expect(result).toMatchObject({ all_valid: true, any_expiring_soon: false });
      }
    }
    const whole = await api.listAccounts({ service: 'example' });
    expect(whole).toMatchObject({ cursor: null });
    expect(whole.accounts).toHaveLength(count);
    expect((await api.accountsStatus()).accounts).toHaveLength(count);
  }, 120_000);
});

test('every page says whether all tokens are valid, though the one that is not is on another page', async () => {
  const { daemon, api, sandbox } = await stopAfter(startDaemon());
  await addAccounts({ api, sandbox }, 600);
  stored.damage(sandbox.home, `copy-0599-${'x'.repeat(60)}`, 'scopes');
  const results = resultsOf(await lines(daemon.socket, 'accounts_status'));
  expect(results.length).toBeGreaterThan(1);
  for (const result of results) expect(result).toMatchObject({ all_valid: false });
  expect(await api.accountsStatus()).toMatchObject({ all_valid: false });
});

test('what stays is on one page, whatever comes and goes between two pages', async () => {
  const { daemon, api, sandbox } = await stopAfter(startDaemon());
  await addAccounts({ api, sandbox }, 600);
  const client = await stopAfter(WireClient.connect(daemon.socket));
  const first = (await client.call('list_accounts')).result as {
    accounts: { account: string }[];
    cursor: string;
  };
  const names = first.accounts.map(({ account }) => account);
  for (const account of [names[0], names.at(-1)]) {
    await api.removeAccount({ service: 'example', account: account ?? '' });
  }
  const credential = { api_key: 'a key' };
  await api.addAccount({ service: 'example', account: 'a-new-one', credential });
  await api.addAccount({ service: 'example', account: 'zz-new-one', credential });
  const later: string[] = [];
  for (let cursor: string | null = first.cursor; cursor !== null; ) {
    const page = (await client.call('list_accounts', { cursor })).result as typeof first;
    later.push(...page.accounts.map(({ account }) => account));
    cursor = page.cursor;
  }
  expect(later).toContain('zz-new-one');
  expect(later).not.toContain('a-new-one');
  const seen = [...names, ...later];
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toHaveLength(601);
});

async function aCapability({ api, sandbox }: DaemonBackend): Promise<string> {
  const folder = await writeCapability(path.join(sandbox.home, 'weather'), weather);
  return (await api.registerCapability({ path: folder })).capability.name;
}

/** What some lists are about, besides where a page begins. */
const SUBJECTS: Partial<Record<MethodName, (backend: DaemonBackend) => Promise<object>>> = {
  list_capability_versions: async (backend) => ({ name: await aCapability(backend) }),
  list_capability_secrets: async (backend) => ({ name: await aCapability(backend) }),
  storage_list: async (backend) => ({ capability: await aCapability(backend) }),
  list_messages: async ({ api }) => ({ run_id: (await api.createRun({ task: 'Sort the mail.' })).run.id }),
};

describe.each(LISTS)('%s', (method) => {
  test('refuses a cursor that is not one, and one of another list', async () => {
    const backend = await stopAfter(startDaemon());
    const client = await stopAfter(WireClient.connect(backend.daemon.socket));
    const about = (await SUBJECTS[method]?.(backend)) ?? {};
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const cursors = [
      'canary!',
      '0',
      encoded('canary'),
      encoded(['canary', 'x']),
      encoded([1]),
      encoded(null),
    ];
    for (const cursor of cursors) {
      const { error } = await client.call(method, { ...about, cursor });
      expect(error).toMatchObject({
        code: -32602,
        data: { kind: 'invalid_params', hint: expect.stringContaining('first page') },
      });
      expect(JSON.stringify(error)).not.toContain('canary');
    }
    expect(await client.call(method, { ...about, cursor: null })).toHaveProperty('result.cursor', null);
  });
});

describe('a page', () => {
  const listed: Listed<string> = { name: 'words', keyOf: (word) => [word.slice(0, 4)] };
  const walk = (words: readonly string[]) => {
    const pages: string[][] = [];
    for (let cursor: string | undefined; ; ) {
      const page = pageOf(listed, words, (word) => word, cursor);
      pages.push(page.items);
      if (page.cursor === null) return pages;
      cursor = page.cursor;
    }
  };
  const word = (index: number, length: number) => `${1000 + index}${'é'.repeat(length)}`;

  test('has a single item if that is longer than a page', () => {
    const words = [word(0, 10), word(1, PAGE_BYTES), word(2, 10), word(3, 10)];
    expect(walk(words)).toEqual([[words[0]], [words[1]], [words[2], words[3]]]);
    expect(walk([])).toEqual([[]]);
  });

  test('has as many as there is room for, counted in bytes', () => {
    const words = Array.from({ length: 300 }, (_, index) => word(index, index * 7));
    const pages = walk(words);
    expect(pages.flat()).toEqual(words);
    for (const page of pages)
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(PAGE_BYTES + 1);
  });
});

test('providers come by page too', async () => {
  const { daemon, api } = await stopAfter(startDaemon());
  const scopes = Array.from({ length: 200 }, (_, index) => `${index}-${'s'.repeat(200)}`);
  for (let index = 0; index < 4; index++) {
    await api.setProvider({
      id: `own-${index}`,
      issuer: 'https://id.example.org',
      client_id: 'c',
      default_scopes: index < 3 ? scopes : scopes.map((scope) => scope.repeat(2)),
    });
  }
  const all = await lines(daemon.socket, 'list_providers');
  const pages = resultsOf(all);
  for (const [index, line] of all.entries()) {
    if (pages[index].providers.length > 1) expect(Buffer.byteLength(line)).toBeLessThan(LINE);
  }
  const ids = pages.flatMap(({ providers }) => providers.map(({ id }: { id: string }) => id));
  expect(ids).toEqual([...new Set(ids)].sort());
  expect((await api.listProviders()).providers.map(({ id }) => id)).toEqual(ids);
});

describe.each(backends)('whole lists by $name', ({ start }) => {
  test('the client asks for every page', async () => {
    const { api, sandbox } = await stopAfter(start());
    await addAccounts({ api, sandbox }, 700);
    for (let index = 0; index < 120; index++)
      await api.setSecret({ key: `k${index}`, value: 'x'.repeat(2000) });
    expect(await api.listAccounts()).toMatchObject({ cursor: null, accounts: { length: 700 } });
    expect(await api.accountsStatus()).toMatchObject({ cursor: null, accounts: { length: 700 } });
    expect(await api.listSecrets({ prefix: 'k' })).toMatchObject({ cursor: null, secrets: { length: 120 } });
    expect(await api.getSecrets()).toMatchObject({ cursor: null, secrets: { length: 120 } });
    expect(await api.listAccounts({ service: 'nobody' })).toEqual({ accounts: [], cursor: null });
  });
});

test('the command line prints all of them, as one result', async () => {
  const backend = await stopAfter(startDaemon());
  await addAccounts(backend, 700);
  const { stdout } = await backend.sandbox.run(['list-accounts', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ cursor: null, accounts: { length: 700 } });
});

describe('readers of lines with their usual limit', () => {
  const asked = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'list_accounts' });

  test.skipIf(!hasPython)("Python's asyncio", async () => {
    const backend = await stopAfter(startDaemon());
    await addAccounts(backend, 302);
    const program = `
import asyncio, json, sys
async def main():
    reader, writer = await asyncio.open_unix_connection(sys.argv[1])
    count, cursor = 0, None
    while True:
        request = dict(json.loads(sys.argv[2]), params={'cursor': cursor})
        writer.write(json.dumps(request).encode() + b'\\n')
        result = json.loads(await reader.readline())['result']
        count, cursor = count + len(result['accounts']), result['cursor']
        if cursor is None: break
    print(count)
    writer.close()
asyncio.run(main())
`;
    const { stdout } = await run('python3', ['-c', program, backend.daemon.socket, asked]);
    expect(stdout).toBe('302\n');
  });

  test.skipIf(!hasGo)(
    "Go's bufio.Scanner",
    async () => {
      const backend = await stopAfter(startDaemon());
      await addAccounts(backend, 302);
      const folder = await mkdtemp(join(tmpdir(), 'sf-go-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      await writeFile(join(folder, 'main.go'), GO_PROGRAM);
      const env = { ...process.env, GOCACHE: join(folder, 'cache'), GOFLAGS: '-mod=mod', GO111MODULE: 'off' };
      const { stdout } = await run('go', ['run', join(folder, 'main.go'), backend.daemon.socket], { env });
      expect(stdout).toBe('302\n');
    },
    120_000,
  );
});

const GO_PROGRAM = `package main

import ("bufio"; "encoding/json"; "fmt"; "net"; "os")

func main() {
	conn, err := net.Dial("unix", os.Args[1])
	if err != nil { panic(err) }
	scanner := bufio.NewScanner(conn)
	count := 0
	var cursor *string
	for {
		request, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "list_accounts", "params": []any{nil, cursor}})
		conn.Write(append(request, '\\n'))
		if !scanner.Scan() { panic(scanner.Err()) }
		var answer struct{ Result struct{ Accounts []any; Cursor *string } }
		if err := json.Unmarshal(scanner.Bytes(), &answer); err != nil { panic(err) }
		count += len(answer.Result.Accounts)
		cursor = answer.Result.Cursor
		if cursor == nil { break }
	}
	fmt.Println(count)
}
`;
