import * as v from 'valibot';
import { isRecord, parseJson } from '../../../shared/json.js';
import { NamedFields } from '../../../shared/named-fields.js';
import { ProviderSettings } from '../../../shared/provider.js';
import { AccountName, FlowKind, SecretKey, ServiceName } from '../../../shared/schemas.js';
import { Minting } from '../oauth/keys/minting-kind.js';
import { ClientRegistration } from '../oauth/registration/client.js';
import { fits } from '../secrets/encoding.js';

const text = v.nullable(v.string());
const time = v.nullable(v.pipe(v.number(), v.safeInteger()));
const scopes = v.array(v.string());

/** JSON in a string, and what it has to hold. */
function json<S extends v.GenericSchema>(schema: S) {
  return v.pipe(v.string(), v.parseJson(), schema);
}

/** What holds of a value as a whole. Its issue has another type than `v.check`, which stands for addresses. */
function holds<T>(isSo: (value: T) => boolean) {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    if (dataset.typed && !isSo(dataset.value)) addIssue();
  });
}

/** A grant or an API key with its account; its secrets are open, its times milliseconds since 1970. */
const AccountFields = v.strictObject({
  service: ServiceName,
  account: AccountName,
  kind: v.picklist(['oauth', 'api_key']),
  flow: FlowKind,
  client: v.nullable(json(ClientRegistration)),
  minting: v.nullable(json(Minting)),
  token_type: text,
  scopes: json(scopes),
  // Files of older versions do not have these three.
  asked_scopes: v.optional(v.nullable(json(scopes)), null),
  subject: v.optional(text, null),
  fields: v.optional(NamedFields, {}),
  issued_at: time,
  expires_at: time,
  refresh_expires_at: time,
  last_refreshed_at: time,
  access_token: text,
  refresh_token: text,
  client_secret: text,
  private_key: text,
});

const BY_KEY: ReadonlySet<string> = new Set(['jwt_bearer', 'github_app']);

/** What every sign-in leaves: an API key or a client, and with a key what it mints tokens for. */
const CarriedAccount = v.pipe(
  AccountFields,
  holds(({ flow, kind }) => (flow === 'api_key') === (kind === 'api_key')),
  holds(({ kind, client, access_token }) => (kind === 'api_key' ? access_token : client) !== null),
  holds(({ flow, private_key }) => BY_KEY.has(flow) === (private_key !== null)),
  holds(({ private_key, minting }) => (private_key === null) === (minting === null)),
);
/** As an export writes it. */
export type ExportedAccount = v.InferInput<typeof CarriedAccount>;
/** As an import has read it. */
export type ImportedAccount = v.InferOutput<typeof CarriedAccount>;

function isListOfTexts(text: string): boolean {
  return v.is(scopes, parseJson(text));
}

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
      secret_origins: v.optional(v.nullable(v.pipe(v.string(), holds(isListOfTexts))), null),
    }),
  ),
  secrets: v.array(
    v.pipe(
      v.strictObject({ key: SecretKey, value: v.string(), encoding: v.picklist(['utf8', 'base64']) }),
      holds(({ value, encoding }) => fits(value, encoding)),
    ),
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
