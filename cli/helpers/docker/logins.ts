import * as v from 'valibot';
import type { AccountInfo, Api } from '../../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';
import { currentToken } from '../current-token.js';
import { DockerError, type Login, notFound } from './messages.js';
import { knownRegistries, knownService, registryOf, urlOf, userOf } from './registry.js';

/** What a registry is told: a user name, and a secret that works. */
type Credentials = Pick<Login, 'Username' | 'Secret'>;

type Asked = Pick<
  Api,
  'getSecret' | 'getSecrets' | 'setSecret' | 'deleteSecret' | 'listAccounts' | 'getAccount' | 'getToken'
>;

/** What the secret of a registry says: what a person logged in with, or the account that `helper install` named. */
const KeptLogin = v.strictObject({ Username: v.string(), Secret: v.string() });
const Mapping = v.strictObject({ account: v.string(), user: v.optional(v.string()) });
const Kept = v.union([KeptLogin, Mapping]);
type Kept = v.InferOutput<typeof Kept>;

/** An account for a registry, and the user name that goes with its token. */
interface Source {
  readonly service: string;
  readonly account: string;
  readonly user: string;
}

const PREFIX = 'docker/';

/** The secret that belongs to a registry. */
export function registrySecret(registry: string): string {
  return PREFIX + registry;
}

/** The text of the secret that names an account. */
export function mappingText(mapping: {
  readonly account: string;
  readonly user?: string | undefined;
}): string {
  return JSON.stringify(mapping);
}

/** Whether a secret was written by `mappingText`. */
export function isMapping(text: string): boolean {
  return v.is(Mapping, parseJson(text));
}

/** The credentials for a registry. */
export async function findLogin(api: Asked, server: string): Promise<Credentials> {
  const registry = registryOf(server);
  if (registry === undefined) throw notFound();
  const kept = await keptFor(api, registry);
  if (kept && 'Secret' in kept) return kept;
  const source = kept ? sourceOf(registry, kept) : await knownSource(api, registry);
  if (source === undefined) throw notFound();
  return withToken(source, () => api.getToken({ service: source.service, account: source.account }));
}

/** Keeps what a person logged in with. What was given out here is not kept a second time. */
export async function keepLogin(api: Asked, { ServerURL, Username, Secret }: Login): Promise<void> {
  const registry = registryOf(ServerURL);
  if (registry === undefined) throw new DockerError('This is not a registry that a login can be kept for.');
  const kept = await keptFor(api, registry);
  const mapped = kept && !('Secret' in kept) ? sourceOf(registry, kept) : undefined;
  const source = kept ? mapped : await knownSource(api, registry).catch(noneOfThem);
  if (source && (await currentToken(api, source)) === Secret) return;
  if (mapped) throw setUp(registry, mapped);
  await api.setSecret({ key: registrySecret(registry), value: JSON.stringify({ Username, Secret }) });
}

/** Deletes what `keepLogin` kept. An account is never touched, nor what `helper install` set up. */
export async function eraseLogin(api: Asked, server: string): Promise<void> {
  const registry = registryOf(server);
  if (registry === undefined) throw notFound();
  const kept = await keptFor(api, registry);
  if (kept && 'Secret' in kept) {
    await api.deleteSecret({ key: registrySecret(registry) });
    return;
  }
  const source = kept ? sourceOf(registry, kept) : await knownSource(api, registry);
  throw source ? setUp(registry, source) : notFound();
}

/** The user name for each registry that there are credentials for, without asking a provider. */
export async function listLogins(api: Asked): Promise<Readonly<Record<string, string>>> {
  const { secrets } = await api.getSecrets({ prefix: PREFIX });
  const listed = new Map<string, string>();
  for (const registry of knownRegistries) {
    const source = await knownSource(api, registry).catch(noneOfThem);
    if (source) listed.set(registry, source.user);
  }
  for (const { key, value } of secrets) {
    const registry = key.slice(PREFIX.length);
    const kept = v.safeParse(Kept, parseJson(value));
    if (!kept.success || registryOf(registry) !== registry) continue;
    listed.set(
      registry,
      'Secret' in kept.output ? kept.output.Username : sourceOf(registry, kept.output).user,
    );
  }
  return Object.fromEntries([...listed].map(([registry, user]) => [urlOf(registry), user]));
}

async function keptFor(api: Asked, registry: string): Promise<Kept | undefined> {
  try {
    const { value } = await api.getSecret({ key: registrySecret(registry) });
    const kept = v.safeParse(Kept, parseJson(value));
    if (kept.success) return kept.output;
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind === 'not_found') return undefined;
    throw thrown;
  }
  throw new SigilforgeError(
    'invalid_params',
    `The secret ${registrySecret(registry)} is not a login for a registry.`,
    {
      hint: `Delete it with: sigilforge secret delete ${registrySecret(registry)}`,
    },
  );
}

function sourceOf(registry: string, mapping: v.InferOutput<typeof Mapping>): Source {
  const [service = '', account = ''] = mapping.account.split('/');
  return { service, account, user: mapping.user ?? userOf(registry, account) };
}

/** The only account of the provider that a registry belongs to. Throws if there are several. */
async function knownSource(api: Asked, registry: string): Promise<Source | undefined> {
  const known = knownService(registry);
  if (known === undefined) return undefined;
  const { service, issuer } = known;
  const accounts = await accountsOf(api, service, issuer);
  const [only, ...others] = accounts;
  if (only === undefined) return undefined;
  if (others.length === 0) return { service, account: only.account, user: userOf(registry, only.account) };
  const names = accounts.map(({ account }) => account).join(', ');
  throw new SigilforgeError('invalid_params', `Several accounts of ${service} fit ${registry}: ${names}.`, {
    hint: `Choose one with: sigilforge helper install docker --host ${registry} --account ${service}/${only.account}`,
  });
}

/** Not those with tokens of another server, which may have the same name. An API key says nothing of where it is from. */
async function accountsOf(api: Asked, service: string, issuer: string): Promise<readonly AccountInfo[]> {
  const { accounts } = await api.listAccounts({ service });
  const isOf = async ({ account, provider }: AccountInfo): Promise<boolean> =>
    provider === null || (await api.getAccount({ service, account })).issued_by === issuer;
  const fitting = await Promise.all(accounts.map(isOf));
  return accounts.filter((_, index) => fitting[index]);
}

/** Where several accounts fit, there is not one to compare with or to list. */
function noneOfThem(thrown: unknown): undefined {
  if (asSigilforgeError(thrown).kind !== 'invalid_params') throw thrown;
}

/** An account that is gone is told: "not found" would send docker on without credentials. */
async function withToken(
  { service, account, user }: Source,
  ask: () => Promise<{ readonly access_token: string }>,
): Promise<Credentials> {
  try {
    return { Username: user, Secret: (await ask()).access_token };
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind !== 'not_found') throw thrown;
    throw new SigilforgeError('not_found', `There is no account ${service}/${account}.`, {
      hint: `Sign in with: sigilforge add-account ${service} ${account}`,
      cause: thrown,
    });
  }
}

function setUp(registry: string, { service, account }: Source): SigilforgeError {
  return new SigilforgeError('already_exists', `${registry} gets the token of ${service}/${account}.`, {
    hint: `Take that away with: sigilforge helper uninstall docker --host ${registry}`,
  });
}
