import * as v from 'valibot';
import { ProviderSettings } from '../../../shared/provider.js';
import { AccountName, FlowKind, SecretKey, ServiceName } from '../../../shared/schemas.js';

const text = v.nullable(v.string());
const time = v.nullable(v.number());

/** A grant or an API key with its account; the columns of its row, opened. */
export const CarriedAccount = v.strictObject({
  service: ServiceName,
  account: AccountName,
  kind: v.picklist(['oauth', 'api_key']),
  flow: FlowKind,
  client: text,
  minting: text,
  token_type: text,
  scopes: v.string(),
  issued_at: time,
  expires_at: time,
  refresh_expires_at: time,
  last_refreshed_at: time,
  access_token: text,
  refresh_token: text,
  client_secret: text,
  private_key: text,
});
export type CarriedAccount = v.InferOutput<typeof CarriedAccount>;

/** What an exported file holds, once it is opened. */
export const Content = v.strictObject({
  providers: v.array(v.strictObject({ id: ServiceName, settings: ProviderSettings, client_secret: text })),
  secrets: v.array(
    v.strictObject({ key: SecretKey, value: v.string(), encoding: v.picklist(['utf8', 'base64']) }),
  ),
  accounts: v.array(CarriedAccount),
});
export type Content = v.InferOutput<typeof Content>;
