import type { AccessToken, AccountInfo, ResultOf } from '../../shared/contract/index.js';
import type { Provider } from '../../shared/provider.js';

const time = '2099-01-31T12:00:00.000Z';

export const account: AccountInfo = {
  id: '0197a9b2-5d5c-7cc0-8000-000000000001',
  service: 'github',
  account: 'work',
  kind: 'oauth',
  provider: 'github',
  scopes: ['repo', 'user'],
  state: 'ok',
  created_at: time,
  last_used: null,
  expires_at: time,
};

export const otherAccount: AccountInfo = {
  ...account,
  id: '0197a9b2-5d5c-7cc0-8000-000000000002',
  account: 'home',
};

export const token: AccessToken = {
  access_token: 'gho_token',
  token_type: 'bearer',
  expires_at: time,
  scopes: ['repo', 'user'],
};

export const tokenInfo: ResultOf<'token_info'> = {
  token_type: 'bearer',
  expires_at: time,
  scopes: ['repo'],
  is_expired: false,
  has_refresh_token: true,
  refresh_expires_at: null,
  last_refreshed_at: null,
  last_error: null,
  next_attempt_at: null,
};

export const status: ResultOf<'status'> = {
  version: '0.1.0',
  protocol: 1,
  pid: 4711,
  started_at: time,
  started_by: 'command',
  uptime_s: 12,
  socket: '/run/user/1000/sigilforge.sock',
  account_count: 1,
  secret_count: 0,
  connections: 1,
  peers_checked: true,
  vault: { state: 'unlocked', key_source: 'keychain' },
  keychain: { available: true, error: null, probed_at: time },
};

export const provider: Provider = {
  id: 'github',
  name: 'GitHub',
  issuer: null,
  iss: [],
  base_url: null,
  discovery: false,
  authorization_endpoint: 'https://github.com/login/oauth/authorize',
  token_endpoint: 'https://github.com/login/oauth/access_token',
  refresh_endpoint: null,
  device_authorization_endpoint: null,
  revocation: null,
  flows: ['authorization_code', 'device_code'],
  pkce: 'supported',
  client_id: null,
  client_auth: 'client_secret_post',
  client_secret: 'required',
  has_client_secret: false,
  default_scopes: ['repo'],
  scope_separator: ' ',
  redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
  refresh: { issued: 'never', rotates: 'never', lifetime_s: null, idle_s: null },
  authorize_params: {},
  device_params: {},
  token_params: {},
  refresh_params: {},
  dead_grant_errors: [],
  quirks: [],
  register_url: null,
  register_steps: [],
  public_client_id: null,
  registration_endpoint: null,
  client_id_documents: false,
  answer_fields: [],
  redirect_fields: [],
  address_params: {},
  param_names: {},
  notes: null,
  sources: [],
  source: 'builtin',
  configured: false,
};

/** A flow as `add_account` begins it, nothing filled in. */
export const flow: ResultOf<'add_account'> = {
  flow_id: '0197a9b2-5d5c-7cc0-8000-00000000000f',
  flow: 'authorization_code',
  message: null,
  authorization_url: null,
  user_code: null,
  verification_uri: null,
  verification_uri_complete: null,
  expires_at: time,
  interval_s: null,
  scopes: [],
  account: null,
  notices: [],
};

export const address = 'https://id.example.org/authorize?client_id=cli&state=abc';
