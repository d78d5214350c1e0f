import * as v from 'valibot';
import { isRecord } from '../../../shared/json.js';
import { ProviderSettings } from '../../../shared/provider.js';
import { AccountName, FlowKind, SecretKey, ServiceName } from '../../../shared/schemas.js';
import { ClientRegistration } from '../oauth/client/client.js';
import { Minting } from '../oauth/keys/minting-kind.js';

const text = v.nullable(v.string());
const time = v.nullable(v.number());
const scopes = v.array(v.string());

/** JSON in a string, and what it has to hold. */
function json<S extends v.GenericSchema>(schema: S) {
  return v.pipe(v.string(), v.parseJson(), schema);
}

/** A grant or an API key with its account; its secrets are open, its times milliseconds since 1970. */
const CarriedAccount = v.strictObject({
  service: ServiceName,
  account: AccountName,
  kind: v.picklist(['oauth', 'api_key']),
  flow: FlowKind,
  client: v.nullable(json(ClientRegistration)),
  minting: v.nullable(json(Minting)),
  token_type: text,
  scopes: json(scopes),
  // Files of older versions do not have these two.
  asked_scopes: v.optional(v.nullable(json(scopes)), null),
  subject: v.optional(text, null),
  issued_at: time,
  expires_at: time,
  refresh_expires_at: time,
  last_refreshed_at: time,
  access_token: text,
  refresh_token: text,
  client_secret: text,
  private_key: text,
});
/** As an export writes it. */
export type ExportedAccount = v.InferInput<typeof CarriedAccount>;
/** As an import has read it. */
export type ImportedAccount = v.InferOutput<typeof CarriedAccount>;

/** The name of anything that a file holds. */
const Named = v.union([
  v.pipe(
    v.object({ service: ServiceName, account: AccountName }),
    v.transform(({ service, account }) => `${service}/${account}`),
  ),
  v.pipe(
    v.object({ id: ServiceName }),
    v.transform(({ id }) => id),
  ),
  v.pipe(
    v.object({ key: SecretKey }),
    v.transform(({ key }) => key),
  ),
]);

/** What an exported file holds, once it is opened. */
export const Content = v.strictObject({
  providers: v.array(
    v.strictObject({
      id: ServiceName,
      // A schema without required fields takes an empty list as well.
      settings: v.pipe(v.custom<ProviderSettings>(isRecord), ProviderSettings),
      client_secret: text,
      // Files of older versions do not have it.
      secret_origins: v.optional(text, null),
    }),
  ),
  secrets: v.array(
    v.strictObject({ key: SecretKey, value: v.string(), encoding: v.picklist(['utf8', 'base64']) }),
  ),
  accounts: v.array(CarriedAccount),
});
/** As an export writes it. */
export type ExportedContent = v.InferInput<typeof Content>;
/** What a place within a file belongs to, by its name; `undefined` if that cannot be said. */
export function nameIn(content: unknown, [list = '', index = '']: readonly string[]): string | undefined {
  const entries = isRecord(content) ? content[list] : undefined;
  const entry: unknown = Array.isArray(entries) ? entries[Number(index)] : undefined;
  const named = v.safeParse(Named, entry);
  return named.success ? `the ${list.slice(0, -1)} ${named.output}` : undefined;
}

/** As an import has read it. */
export type ImportedContent = v.InferOutput<typeof Content>;
