import path from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EXAMPLE } from '../../shared/contract/docs/common.js';
import { methodTexts } from '../../shared/contract/docs/index.js';
import { type Api, camelCase, contract, type MethodName, methodNames } from '../../shared/contract/index.js';
import { isRecord } from '../../shared/json.js';
import { addAccount, begin, knowProvider } from '../support/accounts.js';
import { watcher, weather, writeCapability } from '../support/capabilities.js';
import {
  type SecretService,
  secretServiceInstalled,
  startSecretService,
} from '../support/keychain/secret-service.js';
import { type OpenIdProvider, startOpenIdProvider } from '../support/provider/openid-provider.js';
import { authorize, signIn } from '../support/provider/person.js';
import { type Backend, backends } from '../support/start/backends.js';

// Every example runs as it is written, with a real provider. Only ids and addresses that the run itself makes take the
// place of the ones in the text.

/** Without the programs of a real Secret Service, its example is left out. */
const keychainInstalled = secretServiceInstalled();

/** What stands in the examples, and what takes its place. */
type Replacements = Readonly<Record<string, string>>;

/**
 * Fields left out of the comparison: the library has no socket and no starter, the example only begins the document, and who calls here is
 * not what the example names.
 */
const VARIES: Partial<Record<MethodName, readonly string[]>> = {
  status: ['socket', 'started_by', 'peers_checked'],
  'rpc.discover': ['info', 'methods', 'components'],
  list_audit: ['executable', 'script'],
};

/** Only a daemon has doors, runs capabilities, and asks a person for secrets. */
const OF_DAEMON: readonly MethodName[] = [
  ...(['open_door', 'list_doors', 'close_door'] as const),
  ...(['start_capability', 'stop_capability', 'restart_capability'] as const),
  ...(['run_capability', 'wait_run', 'cancel_run', 'list_runs', 'get_run', 'list_messages'] as const),
  ...(['request_secret', 'wait_secret_request', 'list_secret_requests'] as const),
  ...(['answer_secret_request', 'decline_secret_request'] as const),
];

describe.each(backends)('with $name', ({ via, start }) => {
  let provider: OpenIdProvider;
  let session: SecretService | undefined;
  let backend: Backend;
  let api: Api;
  const ran: MethodName[] = [];

  beforeAll(async () => {
    provider = await startOpenIdProvider();
    session = keychainInstalled ? await startSecretService() : undefined;
    const env = { DBUS_SESSION_BUS_ADDRESS: session?.env['DBUS_SESSION_BUS_ADDRESS'] };
    backend = await start({ env, config: '[asking]\ndesktop = false' });
    // The library asks the keychain from this process.
    vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', env.DBUS_SESSION_BUS_ADDRESS);
    api = backend.api;
    await knowProvider(api, provider);
    await addAccount(api);
    await api.setSecret({ key: 'team/db-password', value: 'correct horse' });
  });
  afterAll(async () => {
    await backend?.stop();
    await provider?.stop();
    await session?.stop();
    vi.unstubAllEnvs();
  });

  async function runExample(name: MethodName): Promise<void> {
    const { params, result } = methodTexts[name].example;
    const replacements = await preparations[name]?.();
    const client = name === 'restrict' ? await another() : api;
    const call: (params: never) => Promise<unknown> = client[camelCase(name)];
    const answer = await call(replaced(params, replacements ?? {}) as never);
    expect(v.safeParse(contract[name].result, answer).issues).toBeUndefined();
    expect(outline(answer, VARIES[name])).toEqual(outline(result, VARIES[name]));
    ran.push(name);
  }

  /** A client that may be narrowed: the library at its end, and another connection of a daemon. */
  async function another(): Promise<Api> {
    return backend.connect?.() ?? api;
  }

  /** Stores the secret and makes the grant that `weather` needs before it runs. */
  async function equip(): Promise<void> {
    await api.setCapabilitySecret({ name: 'weather', key: 'API_KEY', value: 'correct horse' });
    await api.grantCapability({ name: 'weather', grant: 'auth://example/work/token' });
  }

  /** A run that is over. */
  async function runWeather(): Promise<Replacements> {
    await equip();
    const { run } = await api.runCapability({ name: 'weather', args: { city: 'Bern' }, wait: true });
    return { [EXAMPLE.runId]: run.id };
  }

  /** Work that runs elsewhere. */
  async function beginWork(): Promise<Replacements> {
    const { run } = await api.createRun({ task: 'Sort the mail of today.' });
    return { [EXAMPLE.runId]: run.id };
  }

  /** A bot that is not up. */
  async function addBot(): Promise<Replacements> {
    const { capabilities } = await api.listCapabilities({});
    if (capabilities.some(({ name }) => name === 'watcher')) await api.stopCapability({ name: 'watcher' });
    else
      await api.registerCapability({
        path: await writeCapability(path.join(backend.sandbox.home, 'watcher'), watcher),
      });
    return {};
  }

  async function startBot(): Promise<Replacements> {
    await addBot();
    await api.startCapability({ name: 'watcher' });
    return {};
  }

  async function store(): Promise<Replacements> {
    await api.storageSet({ capability: 'weather', key: 'last', value: { city: 'Bern', celsius: 7 } });
    return {};
  }

  async function askFor(): Promise<Replacements> {
    const secrets = [{ name: 'API_KEY' }];
    const { request_id } = await api.requestSecret({ capability: 'weather', secrets });
    return { [EXAMPLE.requestId]: request_id };
  }

  /** A grant that was not given can be proposed. */
  async function withoutGrant(): Promise<Replacements> {
    await api.revokeCapability({ name: 'weather', grant: 'auth://example/work/token' });
    return {};
  }

  async function propose(): Promise<Replacements> {
    await withoutGrant();
    const proposal = { capability: 'weather', reason: 'To read the issues.' };
    const { proposal_id } = await api.proposeGrant({ ...proposal, reference: 'auth://example/work/token' });
    return { [EXAMPLE.proposalId]: proposal_id };
  }

  /** What an example needs before it, besides an account and a secret. */
  const preparations: Partial<Record<MethodName, () => Promise<Replacements>>> = {
    set_provider: async () => ({ 'https://id.example.org': provider.issuer }),
    wait_flow: async () => {
      const { flowId, address } = await begin(api, { replace: true });
      await signIn(address);
      return { [EXAMPLE.flowId]: flowId };
    },
    complete_flow: async () => {
      const { flowId, address } = await begin(api, { replace: true });
      const { href } = await authorize(address);
      return { [EXAMPLE.flowId]: flowId, [EXAMPLE.redirectUrl]: href };
    },
    cancel_flow: async () => {
      const { flowId } = await begin(api, { replace: true });
      return { [EXAMPLE.flowId]: flowId };
    },
    vault_remove_slot: async () => {
      const { slots } = await api.vaultStatus();
      return { [EXAMPLE.keyId]: slots.find(({ kind }) => kind === 'password')?.id ?? '' };
    },
    get_aws_credentials: async () => {
      const keys = { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', SecretAccessKey: 'wJalrXUtnFEMIK7MDENG' };
      await api.setSecret({ key: 'aws/work', value: JSON.stringify(keys) });
      return {};
    },
    unsubscribe: async () => {
      const { subscription } = await api.subscribe({ topics: ['accounts'] });
      return { [EXAMPLE.subscription]: subscription };
    },
    close_door: async () => {
      const { door } = await api.openDoor({ grants: [] });
      return { [EXAMPLE.door]: door };
    },
    register_capability: async () => ({
      [EXAMPLE.capabilityPath]: await writeCapability(path.join(backend.sandbox.home, 'weather'), weather),
    }),
    start_capability: addBot,
    stop_capability: startBot,
    restart_capability: startBot,
    list_capability_secrets: async () => {
      await equip();
      return {};
    },
    storage_get: store,
    storage_set: async () => {
      await api.storageDelete({ capability: 'weather', key: 'last' });
      return {};
    },
    storage_list: store,
    run_capability: async () => {
      await equip();
      return {};
    },
    wait_run: runWeather,
    cancel_run: async () => {
      const { run } = await api.runCapability({ name: 'weather', args: { city: 'Bern', wait: true } });
      return { [EXAMPLE.runId]: run.id };
    },
    list_runs: runWeather,
    get_run: runWeather,
    list_messages: runWeather,
    append_message: beginWork,
    finish_run: beginWork,
    wait_secret_request: async () => {
      const replacements = await askFor();
      const request_id = replacements[EXAMPLE.requestId] ?? '';
      await api.answerSecretRequest({ request_id, values: { API_KEY: 'k-3f9a' } });
      return replacements;
    },
    list_secret_requests: askFor,
    answer_secret_request: askFor,
    decline_secret_request: askFor,
    propose_grant: withoutGrant,
    list_proposals: propose,
    accept_proposal: propose,
    decline_proposal: propose,
  };

  /** Those that end something come last, the password before what uses it. */
  const last: readonly MethodName[] = [
    'vault_add_keychain',
    'vault_set_password',
    'lock',
    'unlock',
    'vault_remove_slot',
    'vault_recovery_key',
    'vault_rotate',
    'delete_secret',
    'remove_capability',
    'remove_account',
    'remove_provider',
    ...(via === 'daemon' ? (['restrict', 'shutdown'] as const) : (['shutdown', 'restrict'] as const)),
  ];

  const order = [...methodNames.filter((name) => !last.includes(name)), ...last].filter(
    (name) =>
      (keychainInstalled || name !== 'vault_add_keychain') && (via === 'daemon' || !OF_DAEMON.includes(name)),
  );

  test.each(order)('%s', async (name) => {
    await runExample(name);
  });

  test('every method was run', () => {
    expect([...ran].sort()).toEqual([...order].sort());
  });
});

function replaced(value: unknown, replacements: Replacements): unknown {
  if (typeof value === 'string') return replacements[value] ?? value;
  if (Array.isArray(value)) return value.map((each) => replaced(each, replacements));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaced(each, replacements)]));
}

/** The names and the kinds of values, and whether they are there; a list by its first item. */
function outline(value: unknown, varying: readonly string[] = []): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.length === 0 ? [] : [outline(value[0])];
  if (!isRecord(value)) return typeof value;
  const known = Object.entries(value).filter(([key]) => !varying.includes(key));
  return Object.fromEntries(known.map(([key, each]) => [key, outline(each)]));
}
