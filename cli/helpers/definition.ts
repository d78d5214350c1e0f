import type { SigilforgeClient } from '../../client/index.js';
import { asSigilforgeError, SigilforgeError } from '../../shared/errors.js';

/** What a program's own command needs to know, kept among the secrets for as long as the program is set up. */
export interface Definition {
  readonly key: string;
  /** Without any secret in it, because it is shown; `undefined` if there is nothing to say. */
  readonly value: string | undefined;
  /** Whether a value was written by `helper install`, so that it may be replaced or deleted. */
  readonly isOurs: (value: string) => boolean;
  /** Secrets that were derived from it, and go with it. */
  readonly derived?: readonly string[];
}

/** A change of a secret, and the lines that say so. */
export interface DefinitionChange {
  readonly file: string;
  readonly lines: readonly string[];
  readonly make: (client: Secrets) => Promise<void>;
}

type Secrets = Pick<SigilforgeClient, 'getSecret' | 'setSecret' | 'deleteSecret'>;

/** What `helper install` is to keep; `undefined` if it is there already. Throws if another secret is in its place. */
export async function plannedDefinition(
  client: Secrets,
  { key, value, isOurs, derived = [] }: Definition,
): Promise<DefinitionChange | undefined> {
  if (value === undefined) return undefined;
  const before = await current(client, key);
  if (before === value) return undefined;
  if (before !== undefined && !isOurs(before)) throw inTheWay(key);
  return {
    file: `secret://${key}`,
    lines: [...(before === undefined ? [] : [`-${before}`]), `+${value}`],
    make: async (secrets) => {
      await secrets.setSecret({ key, value });
      for (const other of derived) await secrets.deleteSecret({ key: other });
    },
  };
}

/** What `helper uninstall` is to delete; `undefined` if there is nothing that `helper install` kept. */
export async function obsoleteDefinition(
  client: Secrets,
  { key, isOurs, derived = [] }: Definition,
): Promise<DefinitionChange | undefined> {
  const before = await current(client, key);
  if (before === undefined || !isOurs(before)) return undefined;
  return {
    file: `secret://${key}`,
    lines: [`-${before}`],
    make: async (secrets) => {
      for (const each of [key, ...derived]) await secrets.deleteSecret({ key: each });
    },
  };
}

async function current(client: Secrets, key: string): Promise<string | undefined> {
  try {
    return (await client.getSecret({ key })).value;
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind === 'not_found') return undefined;
    throw thrown;
  }
}

function inTheWay(key: string): SigilforgeError {
  return new SigilforgeError('already_exists', `The secret ${key} is not one that helper install wrote.`, {
    hint: `If it is not needed any more: sigilforge secret delete ${key}`,
  });
}
