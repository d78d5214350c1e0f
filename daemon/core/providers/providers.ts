import * as v from 'valibot';
import { SigilforgeError } from '../../../shared/errors.js';
import { type Provider, ProviderSettings } from '../../../shared/provider.js';
import { Secret } from '../../../shared/secret.js';
import { parse } from '../../../shared/validate.js';
import { type ClientWithSecret, OAuthClient } from '../oauth/client.js';
import type { HttpClient } from '../oauth/http.js';
import { discover } from '../oauth/protocol.js';
import type { Clock } from '../platform/clock.js';
import { ProviderStore } from '../store/providers.js';
import type { Sqlite } from '../store/sqlite.js';
import type { Vault } from '../vault/vault.js';
import { builtinProviders } from './builtin/index.js';
import { defineProvider, standardRevocation } from './define.js';
import { applySettings, rebase } from './settings.js';

/** What a sign-in says of its client instead of the provider's entry. */
export interface ClientOverrides {
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  /** A client of this account alone. */
  readonly clientSecret?: Secret | undefined;
}

interface Parts {
  readonly db: Sqlite;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly http: HttpClient;
  /** `[providers.*]` of config.toml. */
  readonly configured: Readonly<Record<string, ProviderSettings>>;
}

/** The providers that are known: built in, then config.toml over it, then what was stored over both. */
export class Providers {
  readonly #parts: Parts;
  readonly #store: ProviderStore;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#store = new ProviderStore(parts.db);
  }

  list(): Provider[] {
    const stored = this.#store.list().map(({ id }) => id);
    const ids = new Set([...builtinProviders.keys(), ...Object.keys(this.#parts.configured), ...stored]);
    return [...ids].sort().map((id) => this.get(id));
  }

  /** Throws `not_found`. */
  get(id: string): Provider {
    const provider = this.find(id);
    if (provider) return provider;
    throw new SigilforgeError('not_found', `There is no provider named ${id}.`, {
      hint: `List them with: sigilforge provider list. Add one with: sigilforge provider set ${id} --issuer URL --client-id ID`,
    });
  }

  find(id: string): Provider | undefined {
    const builtin = builtinProviders.get(id);
    const configured = this.#parts.configured[id];
    const row = this.#store.find(id);
    if (!builtin && !configured && !row) return undefined;
    const stored =
      row && parse(ProviderSettings, JSON.parse(row.settings), `stored provider ${id}`, 'integrity');
    const base = { ...(builtin ?? defineProvider({ id, name: id })), client_id: null };
    const layers = [configured, stored].filter((layer) => layer !== undefined);
    const { client_id, ...facts } = layers.reduce(applySettings, base);
    return {
      ...facts,
      client_id,
      has_client_secret: row?.client_secret != null,
      source: builtin ? 'builtin' : configured ? 'config' : 'stored',
      configured: client_id !== null,
    };
  }

  /** Stores what is given, over what was stored before. */
  async set(id: string, settings: ProviderSettings, clientSecret: string | undefined): Promise<Provider> {
    const sealer = clientSecret === undefined ? undefined : await this.#parts.vault.unlocked();
    await this.#parts.db.write(() => {
      const row = this.#store.find(id);
      const before = row ? (JSON.parse(row.settings) as object) : {};
      const merged = { ...before, ...definedOnly(settings) };
      if (!builtinProviders.has(id) && !this.#parts.configured[id]) assertReachable(id, merged);
      const secret =
        clientSecret === undefined
          ? this.#keptSecret(id, settings)
          : sealer?.seal(secretPlace(id), new Secret(clientSecret));
      this.#store.put({
        id,
        settings: JSON.stringify(merged),
        client_secret: secret ?? null,
        updated_at: this.#parts.clock.wall(),
      });
    });
    return this.get(id);
  }

  /** Forgets what was stored, and says whether there was anything. */
  async remove(id: string): Promise<boolean> {
    const removed = await this.#parts.db.write(() => this.#store.remove(id));
    if (removed) this.#parts.db.truncateLog();
    return removed;
  }

  /** The stored secret of a provider's client, if it is still the client with this id. */
  async secretOf(id: string, clientId: string): Promise<Secret | undefined> {
    if (!this.#store.find(id)?.client_secret || this.find(id)?.client_id !== clientId) return undefined;
    const sealer = await this.#parts.vault.unlocked();
    // Read again: it may have been sealed anew while the vault was opened.
    const sealed = this.#store.find(id)?.client_secret;
    return sealed ? sealer.open(secretPlace(id), sealed) : undefined;
  }

  /** The client to sign in with, everything found that its requests need; asks the issuer where an endpoint is missing. */
  async client(id: string, overrides: ClientOverrides): Promise<ClientWithSecret> {
    const entry = this.get(id);
    const provider = overrides.issuer === undefined ? entry : rebase(entry, overrides.issuer);
    const clientId = overrides.clientId ?? provider.client_id;
    if (clientId === null) throw withoutClientId(id);
    const secret = overrides.clientSecret ?? (await this.secretOf(id, clientId));
    const { notes, sources, source, configured, has_client_secret, ...facts } = provider;
    const client = { ...facts, client_id: clientId, iss_required: false };
    return { client: provider.discovery ? await this.#discovered(client) : client, secret };
  }

  /** The stored secret, unless another client takes the place of the one that it belongs to. */
  #keptSecret(id: string, { client_id }: ProviderSettings): Buffer | null {
    const known = this.find(id)?.client_id ?? client_id;
    const stays = client_id === undefined || client_id === known;
    return stays ? (this.#store.find(id)?.client_secret ?? null) : null;
  }

  async #discovered(client: OAuthClient): Promise<OAuthClient> {
    if (client.issuer === null) return client;
    const found = await discover(client.issuer, this.#parts.http);
    const revocation =
      client.revocation ??
      (found.revocation_endpoint === null ? null : standardRevocation(found.revocation_endpoint));
    return parse(
      OAuthClient,
      {
        ...client,
        issuer: found.issuer,
        authorization_endpoint: client.authorization_endpoint ?? found.authorization_endpoint,
        token_endpoint: client.token_endpoint ?? found.token_endpoint,
        device_authorization_endpoint:
          client.device_authorization_endpoint ?? found.device_authorization_endpoint,
        revocation,
        default_scopes: client.default_scopes.length > 0 ? client.default_scopes : usualScopes(found.scopes),
        iss_required: found.iss_required,
      },
      `metadata of ${client.issuer}`,
      'refresh_failed',
    );
  }
}

/** An OpenID provider wants `openid`, and gives a refresh token for `offline_access` (OpenID Connect Core 1.0, section 11). */
function usualScopes(supported: readonly string[]): string[] {
  return ['openid', 'offline_access'].filter((scope) => supported.includes(scope));
}

function secretPlace(id: string) {
  return { table: 'providers', row: id, column: 'client_secret' };
}

function definedOnly(settings: ProviderSettings): ProviderSettings {
  return v.parse(
    ProviderSettings,
    Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
  );
}

/** A provider of one's own is of use only where it can be asked. */
function assertReachable(id: string, settings: ProviderSettings): void {
  if (settings.issuer !== undefined || settings.token_endpoint !== undefined) return;
  throw new SigilforgeError(
    'invalid_params',
    `The provider ${id} is not built in, and nothing says where it is.`,
    {
      hint: `Name its issuer: sigilforge provider set ${id} --issuer URL, or its endpoints, --token-endpoint among them.`,
    },
  );
}

function withoutClientId(id: string): SigilforgeError {
  const variable = `SIGILFORGE_${id.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_CLIENT_ID`;
  return new SigilforgeError('config', `No client id is known for ${id}.`, {
    hint: `Register a client there, then: sigilforge provider set ${id} --client-id ID (or set ${variable}).`,
  });
}
