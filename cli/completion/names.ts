import { pinnedAddress } from '../../client/address.js';
import { findHolderHere } from '../../client/holder.js';
import { connect, type SigilforgeClient } from '../../client/index.js';
import type { Candidate } from './candidate.js';
import type { LiveKind } from './kinds.js';

/** What is asked for: names of a kind that begin like this, after these operands. */
export interface Wanted {
  readonly kind: LiveKind;
  readonly typed: string;
  readonly operands: readonly string[];
}

/** How long the daemon may take for each answer: a person waits for it. */
const LIMIT_MS = 2_000;

/** Runs are many, and the ids of old ones are rarely typed. */
const NEWEST_RUNS = 100;

/** The names that the daemon knows. None if it does not run, or is locked. It is never started for this. */
export async function liveNames(wanted: Wanted): Promise<readonly Candidate[]> {
  if (!isRunning()) return [];
  const client = await connect({ fallback: 'none', timeout: LIMIT_MS });
  try {
    const [names, { vault }] = await Promise.all([NAMES[wanted.kind](client, wanted), client.status()]);
    return vault.state === 'locked' ? [] : names;
  } finally {
    await client.close();
  }
}

/** Where systemd holds the socket, connecting would start the daemon. Only Linux shows which process holds a lock. */
function isRunning(): boolean {
  return process.platform !== 'linux' || pinnedAddress() !== undefined || findHolderHere() !== undefined;
}

type Names = (client: SigilforgeClient, wanted: Wanted) => Promise<Candidate[]>;

const NAMES: Readonly<Record<LiveKind, Names>> = {
  async services(client) {
    const { accounts } = await client.listAccounts();
    return [...new Set(accounts.map(({ service }) => service))].map((service) => ({ value: service }));
  },
  async accounts(client, { operands: [service] }) {
    const { accounts } = await client.listAccounts(service === undefined ? {} : { service });
    return accounts.map(({ account, state }) => ({ value: account, note: state }));
  },
  async providers(client) {
    const { providers } = await client.listProviders();
    return providers.map(({ id, name }) => ({ value: id, note: name }));
  },
  async secrets(client, { typed }) {
    return (await secretKeys(client, typed)).map((value) => ({ value }));
  },
  async references(client, { typed }) {
    const kinds = [authReferences, secretReferences];
    return (await Promise.all(kinds.map((references) => references(client, typed)))).flat();
  },
  async capabilities(client) {
    const { capabilities } = await client.listCapabilities();
    return capabilities.map(({ name }) => ({ value: name }));
  },
  async 'capability secrets'(client, { operands: [name = ''] }) {
    const { capability } = await client.getCapability({ name });
    const { secrets } = await client.listCapabilitySecrets({ name });
    const required = capability.required_secrets.map((secret) => secret.name);
    return [...new Set([...required, ...secrets.map(({ key }) => key)])].map((value) => ({ value }));
  },
  async runs(client) {
    const { runs } = await client.listRuns({ limit: NEWEST_RUNS });
    return runs.map(({ id, capability, status }) => ({
      value: id,
      note: [capability ?? 'elsewhere', status].join(' '),
    }));
  },
  async doors(client) {
    const { doors } = await client.listDoors();
    return doors.flatMap(({ door, name }) =>
      name === null ? [{ value: door }] : [{ value: name }, { value: door, note: name }],
    );
  },
  async 'secret requests'(client) {
    const { requests } = await client.listSecretRequests();
    return requests.map(({ id, capability }) => ({ value: id, note: capability }));
  },
  async proposals(client) {
    const { proposals } = await client.listProposals();
    return proposals.map(({ id, capability, grant }) => ({ value: id, note: `${capability} ${grant}` }));
  },
  async slots(client) {
    const { slots } = await client.vaultStatus();
    return slots.map(({ id, kind }) => ({ value: id, note: kind }));
  },
};

const AUTH = 'auth://';
const SECRET = 'secret://';

/** What of an account has a reference that is not kept back; the first one is what people want. */
const TYPES = { oauth: ['token', 'id_token', 'client_id'], api_key: ['api_key', 'token'] } as const;

/** One for each account; once its name is typed, each that it has, its fields included. */
async function authReferences(client: SigilforgeClient, typed: string): Promise<Candidate[]> {
  if (!isBeginning(AUTH, typed)) return [];
  const { accounts } = await client.listAccounts();
  const found = await Promise.all(
    accounts.map(async ({ service, account, kind }) => {
      const begin = `${AUTH}${service}/${account}/`;
      const isNamed = typed.startsWith(begin);
      const types = isNamed ? TYPES[kind] : TYPES[kind].slice(0, 1);
      const { fields = {} } = isNamed ? await client.getAccount({ service, account }) : {};
      return [...types, ...Object.keys(fields)].map((type) => ({ value: begin + type }));
    }),
  );
  return found.flat();
}

async function secretReferences(client: SigilforgeClient, typed: string): Promise<Candidate[]> {
  if (!isBeginning(SECRET, typed)) return [];
  const keys = await secretKeys(client, typed.slice(SECRET.length));
  return keys.map((key) => ({ value: `${SECRET}${key}` }));
}

/** No key begins with nothing, says the contract. */
async function secretKeys(client: SigilforgeClient, prefix: string): Promise<string[]> {
  const { secrets } = await client.listSecrets(prefix === '' ? {} : { prefix });
  return secrets.map(({ key }) => key);
}

/** Whether what is typed can become a text that begins with `scheme`. */
function isBeginning(scheme: string, typed: string): boolean {
  return scheme.startsWith(typed) || typed.startsWith(scheme);
}
