import * as v from 'valibot';
import type { ParamsOf } from '../../shared/contract/index.js';
import { definedOnly } from '../../shared/defined.js';
import { ProviderQuirk, refreshHabits, revocationForm, type SecretRule } from '../../shared/provider.js';
import { RENAMABLE_PARAMS } from '../../shared/request-params.js';
import { type ClientAuth, type FlowKind, ScopeSeparator } from '../../shared/schemas.js';
import { readChoice, readChoices } from '../arguments/choices.js';
import { badArgument } from '../arguments/context.js';
import { readPairs, readProviderParams } from '../arguments/pairs.js';
import { readUnset } from './unset.js';

type Settings = ParamsOf<'set_provider'>;

/** The options of provider set, as they were typed. */
export interface SettingOptions {
  readonly issuer?: string;
  readonly clientId?: string;
  readonly clientSecret?: boolean;
  readonly clientKeyFile?: string;
  readonly scopes?: string[];
  readonly redirectUri?: string;
  readonly clientAuth?: ClientAuth;
  readonly authorizationEndpoint?: string;
  readonly tokenEndpoint?: string;
  readonly deviceAuthorizationEndpoint?: string;
  readonly revocationEndpoint?: string;
  readonly refreshEndpoint?: string;
  readonly name?: string;
  readonly flows?: FlowKind[];
  readonly scopeSeparator?: string;
  readonly param?: string[];
  readonly pkce?: 'on' | 'off';
  readonly quirk?: string[];
  readonly deadGrantError?: string[];
  readonly revocation?: string[];
  readonly refresh?: string[];
  readonly clientSecretRule?: SecretRule;
  readonly iss?: string[];
  readonly baseUrl?: string;
  readonly registerUrl?: string;
  readonly registrationEndpoint?: string;
  readonly answerField?: string[];
  readonly redirectField?: string[];
  readonly paramName?: string[];
  readonly unset?: string[];
}

/** The settings that the options name. */
export function readSettings(id: string, options: SettingOptions, secret: string | undefined): Settings {
  const revocation = readRevocation(options);
  return {
    id,
    ...definedOnly({
      issuer: options.issuer,
      authorization_endpoint: options.authorizationEndpoint,
      token_endpoint: options.tokenEndpoint,
      device_authorization_endpoint: options.deviceAuthorizationEndpoint,
      revocation_endpoint: revocation === undefined ? options.revocationEndpoint : undefined,
      client_id: options.clientId,
      client_secret: secret,
      client_auth:
        options.clientAuth ?? (options.clientKeyFile === undefined ? undefined : 'private_key_jwt'),
      flows: options.flows,
      default_scopes: options.scopes,
      scope_separator: options.scopeSeparator,
      redirect_uri: options.redirectUri,
      ...readProviderParams(options.param ?? []),
      refresh_endpoint: options.refreshEndpoint,
      quirks: options.quirk && readChoices('--quirk', withoutNone(options.quirk), ProviderQuirk.options),
      pkce: options.pkce && PKCE[options.pkce],
      dead_grant_errors: options.deadGrantError && withoutNone(options.deadGrantError),
      revocation,
      name: options.name,
      refresh: options.refresh && readRefresh(options.refresh),
      client_secret_rule: options.clientSecretRule,
      iss: options.iss && withoutNone(options.iss),
      base_url: options.baseUrl,
      register_url: options.registerUrl,
      registration_endpoint: options.registrationEndpoint,
      answer_fields: options.answerField && withoutNone(options.answerField),
      redirect_fields: options.redirectField && withoutNone(options.redirectField),
      param_names: options.paramName && readNames(options.paramName),
      unset: options.unset && readUnset(options.unset),
    }),
  };
}

const PKCE = { on: 'supported', off: 'unsupported' } as const;

const HINT = 'Show how it is used with: sigilforge provider set --help';

/** The form of revocation that `--revocation FIELD=VALUE` describes. With an empty `field` no field has the token. */
function readRevocation({ revocation, revocationEndpoint }: SettingOptions): Settings['revocation'] {
  if (revocation === undefined) return undefined;
  if (revocationEndpoint === undefined) {
    throw badArgument('--revocation is about the address in --revocation-endpoint.', HINT);
  }
  const { token, body, auth, method } = revocationForm;
  const field = readField('--revocation', revocation, ['token', 'field', 'body', 'auth', 'method']);
  return {
    endpoint: revocationEndpoint,
    ...definedOnly({
      token: field('token', (text) => readChoice('--revocation token', text, token.options)),
      field: field('field', (text) => (text === '' ? null : text)),
      body: field('body', (text) => readChoice('--revocation body', text, body.options)),
      auth: field('auth', (text) => readChoice('--revocation auth', text, auth.options)),
      method: field('method', (text) => readChoice('--revocation method', text, method.options)),
    }),
  };
}

/** What `--refresh FIELD=VALUE` says about refresh tokens. */
function readRefresh(texts: readonly string[]): Settings['refresh'] {
  const { issued, rotates } = refreshHabits;
  const field = readField('--refresh', texts, ['issued', 'rotates', 'lifetime_s', 'idle_s']);
  return definedOnly({
    issued: field('issued', (text) => readChoice('--refresh issued', text, issued.options)),
    rotates: field('rotates', (text) => readChoice('--refresh rotates', text, rotates.options)),
    lifetime_s: field('lifetime_s', readSeconds),
    idle_s: field('idle_s', readSeconds),
  });
}

/** Reads the value of one of the known fields; `undefined` if it was not given. */
function readField<N extends string>(option: string, texts: readonly string[], known: readonly N[]) {
  const given = readPairs(option, texts);
  readChoices(option, Object.keys(given), known);
  return <T>(name: N, read: (text: string) => T): T | undefined =>
    given[name] === undefined ? undefined : read(given[name]);
}

/** Seconds; an empty value means that there is no such time. */
function readSeconds(text: string): number | null {
  if (text === '') return null;
  if (/^[0-9]{1,12}$/.test(text)) return Number(text);
  throw badArgument('--refresh: a time is written in whole seconds.', HINT);
}

/** What separates scopes: a word for it, or the sign itself. */
export function readSeparator(text: string): string {
  const sign = text === 'space' ? ' ' : text === 'comma' ? ',' : text;
  if (v.is(ScopeSeparator, sign)) return sign;
  throw badArgument('--scope-separator is space, comma, or up to three signs such as ; and +.', HINT);
}

/** Other names of parameters of the protocol. */
function readNames(texts: readonly string[]): Settings['param_names'] {
  const names = readPairs('--param-name', texts);
  readChoices('--param-name', Object.keys(names), RENAMABLE_PARAMS);
  return names;
}

/** A list of the one word `none` takes back what was set. */
function withoutNone(values: readonly string[]): string[] {
  return values.length === 1 && values[0] === 'none' ? [] : [...values];
}
