import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { ACCOUNT, addAccount, SERVICE, work } from '../support/accounts.js';
import { type CapabilityFiles, writeCapability } from '../support/capabilities.js';
import { cutBefore } from '../support/provider/faults.js';
import type { Scene } from '../support/start/scene.js';
import { WireClient } from '../support/wire/wire-client.js';

/** One round of a kind of use; throws if an answer is not what it must be. `round` counts from 0. */
type Load = (round: number) => Promise<void>;

/** What a mixed load is made of, by name, and the pause between two rounds in milliseconds. */
export type Loads = Readonly<Record<string, { readonly pauseMs: number; readonly load: Load }>>;

/** Answers that a provider which is away explains: an account waits before it asks it again. */
const PROVIDER_IS_AWAY: ReadonlySet<string> = new Set(['network', 'refresh_failed']);

/** Prepares a daemon for them, and gives the loads. */
export async function prepareLoads(scene: Scene): Promise<Loads> {
  const { api, sandbox, daemon } = scene;
  await addAccount(api);
  for (const [name, files] of Object.entries({ plain, warm })) {
    await api.registerCapability({ path: await writeCapability(path.join(sandbox.home, name), files) });
  }
  const withClient = clientsOf(daemon.socket);
  return {
    'tokens with short lives': { pauseMs: 20, load: () => tokenThatWorks(scene) },
    'refreshes that a caller asks for': { pauseMs: 400, load: () => refreshed(scene) },
    'secrets, set, read and deleted': { pauseMs: 30, load: (round) => secretComesAndGoes(api, round) },
    'accounts, added and removed': { pauseMs: 150, load: (round) => accountComesAndGoes(scene, round) },
    subscriptions: { pauseMs: 100, load: () => withClient(hearsOfAccounts) },
    'doors, opened and closed': { pauseMs: 100, load: () => withClient(doorOpensAndCloses) },
    'runs of a program': { pauseMs: 300, load: (round) => runAnswers(api, 'plain', round) },
    'runs of a program that is kept': { pauseMs: 50, load: (round) => runAnswers(api, 'warm', round) },
    'requests for secrets': { pauseMs: 250, load: (round) => requestIsDecided(api, round) },
    'requests that expire': { pauseMs: 2_000, load: () => askForSecret(api, 'warm').then(() => undefined) },
    'connections that come and go': { pauseMs: 50, load: (round) => strangers(daemon.socket, round) },
    'a provider that restarts': { pauseMs: 2_000, load: () => providerRestarts(scene) },
  };
}

function manifest(name: string, keepAlive: boolean): string {
  return JSON.stringify({
    ...{ name, version: '1.0.0', description: 'Answers with its number.' },
    run: { runner: 'command', command: ['./main.mjs'], keep_alive: keepAlive },
    required_secrets: [],
  });
}

const plain: CapabilityFiles = {
  'manifest.json': manifest('plain', false).replace('main.mjs', 'main.sh'),
  'main.sh': `#!/bin/sh
read -r line
number=$(printf %s "$line" | sed 's/.*"number":\\([0-9]*\\).*/\\1/')
echo "it was asked for $number"
printf '{"type":"result","response":"%s"}\\n' "$number"
`,
};

const warm: CapabilityFiles = {
  'manifest.json': manifest('warm', true),
  'main.mjs': `#!/usr/bin/env node
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const { args, context } = JSON.parse(line);
  process.stdout.write(JSON.stringify({ type: 'result', run_id: context.run_id, response: String(args.number) }) + '\\n');
}
`,
};

/** Throws with both, which are never secrets of anyone. */
function assertSame(what: string, found: unknown, expected: unknown): void {
  if (found === expected) return;
  throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
}

async function assertError(what: string, kind: string, call: Promise<unknown>): Promise<void> {
  assertSame(what, await call.then(() => 'no error', kindOf), kind);
}

function kindOf(thrown: unknown): string {
  return thrown instanceof SigilforgeError ? thrown.kind : String(thrown);
}

function clientsOf(socket: string) {
  return async (use: (client: SigilforgeClient) => Promise<void>): Promise<void> => {
    const client = await connect({ socket });
    try {
      await use(client);
    } finally {
      await client.close();
    }
  };
}

/** The provider is asked about some of them: it must know each that has not expired meanwhile. */
async function tokenThatWorks(scene: Scene): Promise<void> {
  await unlessAway(async () => {
    const { access_token, expires_at } = await scene.api.getToken(work);
    const { active } = await scene.provider.introspect(access_token);
    const isExpired = Date.parse(expires_at ?? '') <= Date.now() + SKEW_MS;
    if (!active && !isExpired) throw new Error(`A token that lives until ${expires_at} does not work.`);
  });
}

/** The provider counts in whole seconds, and a refresh by another caller ends the token before. */
const SKEW_MS = 1_500;

async function refreshed({ api }: Scene): Promise<void> {
  await unlessAway(() => api.refreshToken(work));
}

async function unlessAway(ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (thrown) {
    if (!PROVIDER_IS_AWAY.has(kindOf(thrown))) throw thrown;
  }
}

async function secretComesAndGoes(api: SigilforgeClient, round: number): Promise<void> {
  const key = `soak/${round % 7}`;
  const value = `value of round ${round} `.repeat(1 + (round % 500));
  await api.setSecret({ key, value });
  assertSame('a secret', (await api.getSecret({ key })).value, value);
  assertSame('a reference', (await api.resolve({ reference: `secret://${key}` })).value, value);
  assertSame('deleting', (await api.deleteSecret({ key })).deleted, true);
  await assertError('a secret that is gone', 'not_found', api.getSecret({ key }));
}

/** Every tenth one signs in at the provider, where its removal ends the grant. */
async function accountComesAndGoes({ api, provider }: Scene, round: number): Promise<void> {
  const account = { service: SERVICE, account: `guest${round}` };
  if (round % 10 === 9) {
    await unlessAway(async () => {
      await addAccount(api, account);
      const { access_token } = await api.getToken(account);
      assertSame('revoking', (await api.removeAccount(account)).revoked, true);
      assertSame('a revoked token', (await provider.introspect(access_token)).active, false);
    });
    return;
  }
  const api_key = `key of round ${round}`;
  await api.addAccount({ ...account, flow: 'api_key', credential: { api_key } });
  assertSame('an API key', (await api.getToken(account)).access_token, api_key);
  await api.removeAccount(account);
  await assertError('an account that is gone', 'not_found', api.getToken(account));
}

async function hearsOfAccounts(client: SigilforgeClient): Promise<void> {
  const { subscription } = await client.subscribe({ topics: ['accounts'] });
  const off = client.onEvent(() => undefined);
  await client.getAccount(work);
  off();
  assertSame('a subscription', (await client.unsubscribe({ subscription })).removed, true);
}

async function doorOpensAndCloses(opener: SigilforgeClient): Promise<void> {
  const { door, socket } = await opener.openDoor({ grants: [`auth://${SERVICE}/${ACCOUNT}/token`] });
  const inside = await connect({ socket });
  try {
    await unlessAway(() => inside.getToken(work));
    await assertError('what was not granted', 'denied', inside.listAccounts());
    assertSame('closing', (await opener.closeDoor({ door })).closed, true);
    await assertError('behind a closed door', 'daemon_unavailable', inside.getToken(work));
  } finally {
    await inside.close();
  }
}

async function runAnswers(api: SigilforgeClient, name: string, round: number): Promise<void> {
  const { run, response } = await api.runCapability({ name, args: { number: round }, wait: true });
  assertSame(`run ${run.id} of ${name}`, run.status, 'completed');
  assertSame(`the response of ${name}`, response, String(round));
}

/** A person answers one and declines the next, until there were as many as one capability may make in an hour. */
async function requestIsDecided(api: SigilforgeClient, round: number): Promise<void> {
  const request_id = await askForSecret(api, 'plain');
  if (request_id === undefined) return;
  if (round % 2 === 0) await api.answerSecretRequest({ request_id, values: { SOAK_KEY: `answer ${round}` } });
  else await api.declineSecretRequest({ request_id });
  const { requests } = await api.listSecretRequests();
  assertSame('a decided request', requests.filter(({ id }) => id === request_id).length, 0);
}

/** The request's id, or `undefined` if one waits already or too many were made. */
async function askForSecret(api: SigilforgeClient, capability: string): Promise<string | undefined> {
  const secrets = [{ name: 'SOAK_KEY', description: 'for a soak' }];
  try {
    return (await api.requestSecret({ capability, secrets })).request_id;
  } catch (thrown) {
    if (kindOf(thrown) !== 'limit_exceeded' && kindOf(thrown) !== 'already_exists') throw thrown;
    return undefined;
  }
}

/** Half a line, no JSON, an answer that is not read, and a call that is not waited for. */
async function strangers(socket: string, round: number): Promise<void> {
  const texts = [
    '{"jsonrpc":"2.0","id":1,"meth',
    'GET / HTTP/1.1\r\n\r\n',
    `${'{"jsonrpc":"2.0","id":1,"method":"list_accounts"}\n'.repeat(100)}`,
    `{"jsonrpc":"2.0","id":1,"method":"get_token","params":["${SERVICE}","${ACCOUNT}"]}\n`,
  ];
  const client = await WireClient.connect(socket);
  client.send(texts[round % texts.length] ?? '');
  await delay(10);
  await client.stop();
}

const AWAY_MS = 700;

/** Connections for tokens end before it has read a request, as those of one that is being started again. */
async function providerRestarts({ proxy }: Scene): Promise<void> {
  const away = proxy.plan(cutBefore, { path: '/token', times: Number.POSITIVE_INFINITY });
  await delay(AWAY_MS);
  away.cancel();
}
