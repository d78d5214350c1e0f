import * as v from 'valibot';
import { filledAddress } from './address-template.js';
import { pattern } from './pattern.js';

/** A service: lower-cased, `[a-z0-9][a-z0-9._-]{0,63}`. */
export const ServiceName = v.pipe(
  v.string(),
  v.toLowerCase(),
  pattern(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    'a name of 1 to 64 letters (a to z), digits and . _ -, beginning with a letter or a digit',
  ),
);

/** An account within a service. */
export const AccountName = v.pipe(
  v.string(),
  pattern(
    /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/,
    'a name of 1 to 128 letters (A to Z, a to z), digits and . _ @ + -, beginning with a letter or a digit',
  ),
);

/** The name of a secret: 1 to 255 characters, neither starting nor ending with a slash. */
export const SecretKey = v.pipe(
  v.string(),
  v.maxLength(255),
  pattern(
    /^(?!\/)[A-Za-z0-9._/@:+-]+(?<!\/)$/,
    'a name of letters (A to Z, a to z), digits and . _ / @ : + -, with no / at either end',
  ),
);

/** The beginning of a secret's name. */
export const SecretPrefix = v.pipe(
  v.string(),
  v.maxLength(255),
  pattern(
    /^[A-Za-z0-9._@:+-][A-Za-z0-9._/@:+-]*$/,
    'the beginning of a name: letters (A to Z, a to z), digits and . _ / @ : + -, with no / in front',
  ),
);

/** A secret's value: at most 256 KiB once decoded, which is checked where it is. */
export const SecretValue = v.string();

/** ISO 8601 in UTC with milliseconds. */
export const Timestamp = v.pipe(v.string(), v.isoTimestamp());

export const Uuid = v.pipe(v.string(), v.uuid());

/** Seconds, whole and not negative. */
export const Seconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(31_536_000));

/** Text of a person or a program, bounded so that nothing can grow without end. */
export const Text = v.pipe(v.string(), v.minLength(1), v.maxLength(65_536));

/** A scope token of RFC 6749, section 3.3. Commas are left out, because some providers separate scopes by them. */
export const Scope = v.pipe(
  v.string(),
  v.maxLength(512),
  pattern(
    /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/,
    'a scope: letters (A to Z, a to z), digits and signs, without blanks, commas, double quotes and backslashes',
  ),
);

export const Scopes = v.pipe(v.array(Scope), v.maxLength(200));

/** What separates scopes in a request: one to three signs that no scope has. */
export const ScopeSeparator = v.pipe(
  v.string(),
  pattern(/^[ ,+;|]{1,3}$/, 'one to three of the signs blank , + ; |'),
);

/** The name of a field; a full stop leads into an object, as in `team.id`. */
export const FieldName = v.pipe(
  v.string(),
  v.maxLength(64),
  pattern(
    /^[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z][A-Za-z0-9_-]*){0,3}$/,
    'the name of a field, such as instance_url or team.id',
  ),
);

/** A field of an answer that can be kept: neither a secret by its name, nor one that `auth://` has for something else. */
export const AnswerField = v.pipe(
  FieldName,
  pattern(
    /^(?!.*(?:token|secret|passw|assertion|credential|(?:api|private)[_-]?key))(?!(?:code|client_id)$)/i,
    'a field that is not secret: no token, secret, password, key or code',
  ),
);

/** An address that secrets may be sent to: https, or http on the loopback interface (RFC 8252, section 8.3). */
export const Endpoint = v.pipe(v.string(), v.maxLength(2048), v.url(), v.check(isSecureOrLoopback));

/** An issuer as in RFC 8414, section 2: an endpoint without query or fragment. */
export const Issuer = v.pipe(Endpoint, pattern(/^[^?#]*$/, 'an address without ? and #'));

/** An endpoint that may have placeholders, as in `https://{region}.example.org/token`. */
export const EndpointTemplate = v.pipe(
  v.string(),
  v.maxLength(2048),
  v.check((text) =>
    v.is(
      Endpoint,
      filledAddress(text, () => 'x'),
    ),
  ),
);

/** The same for an issuer. */
export const IssuerTemplate = v.pipe(EndpointTemplate, pattern(/^[^?#]*$/, 'an address without ? and #'));

/** Where a browser is sent back to: any absolute URI, `urn:ietf:wg:oauth:2.0:oob` included. */
export const RedirectUri = v.pipe(
  v.string(),
  v.maxLength(2048),
  pattern(
    /^[a-z][a-z0-9+.-]*:[^\s#]+$/i,
    'a whole address such as http://127.0.0.1:8484/callback, without # and blanks',
  ),
);

/** Further parameters of a request to a provider. */
export const ExtraParams = v.record(
  v.pipe(
    v.string(),
    v.maxLength(64),
    pattern(/^[A-Za-z0-9._-]+$/, 'a name of letters (A to Z, a to z), digits and . _ -'),
  ),
  v.pipe(v.string(), v.maxLength(2048)),
);

/** What stands for a placeholder: a part of a host or of a path, and nothing that leads out of it. */
export const AddressPart = v.pipe(
  v.string(),
  v.maxLength(253),
  pattern(
    /^(?![.])(?!.*[.][.])[A-Za-z0-9.-]*(?<![.])$/,
    'a part of an address: letters (A to Z, a to z), digits, - and single full stops between them',
  ),
);

/** What stands for the placeholders of addresses, by their names. Each sign-in says what is empty here. */
export const AddressParams = v.record(ExtraParams.key, AddressPart);

export const FlowKind = v.picklist([
  'authorization_code',
  'device_code',
  'client_credentials',
  'jwt_bearer',
  'github_app',
  'import',
  'api_key',
]);
export type FlowKind = v.InferOutput<typeof FlowKind>;

/** How a client proves itself at the token endpoint (RFC 6749, section 2.3). */
export const ClientAuth = v.picklist([
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
]);
export type ClientAuth = v.InferOutput<typeof ClientAuth>;

export const LogLevel = v.picklist(['trace', 'debug', 'info', 'warn', 'error']);
export type LogLevel = v.InferOutput<typeof LogLevel>;

/** What has started a daemon: a service manager, or a command of its user. */
export const StartedBy = v.picklist(['systemd', 'launchd', 'command']);
export type StartedBy = v.InferOutput<typeof StartedBy>;

const LOOPBACK_HOSTS = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Whether an address names this machine's loopback interface. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK_HOSTS.has(url.hostname);
}

function isSecureOrLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}
