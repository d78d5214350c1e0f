/** A refusal in the provider's own words (RFC 6749, section 5.2, or what it sends instead). */
export interface TokenError {
  readonly code: string;
  /** Every word and text in the answer that may name the reason, wherever in it they stand. */
  readonly words: readonly string[];
  readonly description: string | undefined;
  /** Seconds, with `slow_down` (RFC 8628, section 3.5). */
  readonly interval: number | undefined;
}

/** How much of a text is looked at, in characters. */
const SEARCHED = 1000;

/** In the spelling of `codesOf`: what the standard, Google's API errors, Slack and others call a temporary problem. */
const TRANSIENT: ReadonlySet<string> = new Set([
  ...['temporarily_unavailable', 'unavailable', 'service_unavailable', 'server_error', 'server_busy'],
  ...['internal', 'internal_error', 'internal_server_error', 'internal_failure', 'backend_error'],
  ...['bad_gateway', 'gateway_timeout', 'request_timeout', 'slow_down', '500', '502', '503', '504'],
]);

const RATE_LIMIT: ReadonlySet<string> = new Set(['429', 'ratelimited', 'throttled', 'quota_exceeded']);
const RATE_LIMIT_TEXT =
  /\btoo many (?:\w+ )?(?:requests|calls)\b|\brate (?:limit|exceeded)|\bthrottling\b|\bresource exhausted\b|\brequest limit\b/;

/** A refresh has no person in it: what needs one (OpenID Connect Core 1.0, section 3.1.2.6) means that the grant is over. */
const DEAD: readonly string[] = [
  ...['invalid_grant', 'interaction_required', 'login_required', 'consent_required', 'mfa_required'],
  'account_selection_required',
];

/** What is wrong with the client or the request, and not with the grant, whatever else the answer says. */
const NOT_THE_GRANT: ReadonlySet<string> = new Set([
  ...['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_grant_type'],
  ...['invalid_scope', 'invalid_target'],
]);

/** What befalls a token, in a text of small letters. */
const OVER =
  /\b(?:invalid|expired|revoked|inactive|incorrect|deleted|unknown(?! error)|reused?|already used|no longer|(?:does|do|did) not exist|not (?:been )?(?:found|valid|active|recogni[sz]ed))\b/;
/** What makes such a text one about the request. */
const ABOUT_THE_REQUEST =
  /\b(?:missing|required|parameters?|grant types?|client|scopes?|requests?|support(?:ed)?|allow(?:ed)?|temporar\w+|try again)\b/;
/** A text that is about the token that was sent, and names no other one. */
const ABOUT_SOME_TOKEN =
  /^(?:the )?(?:(?:provided|given|supplied) )?token\b|^(?:invalid|expired|revoked|inactive) token$/;

export function isRateLimit(refusal: TokenError): boolean {
  return says(refusal, RATE_LIMIT) || refusal.words.some((text) => RATE_LIMIT_TEXT.test(spoken(text)));
}

export function isTemporary(refusal: TokenError): boolean {
  return says(refusal, TRANSIENT);
}

/** Whether a refresh was refused because its grant is over. `own`: how this provider says so besides. */
export function isDead(refusal: TokenError, own: readonly string[]): boolean {
  if (says(refusal, new Set(own.flatMap((text) => [text.toLowerCase(), ...codesOf(text)])))) return true;
  return !isNotTheGrant(refusal) && (says(refusal, new Set(DEAD)) || refusal.words.some(isAboutDeadGrant));
}

/** Whether that may be so: a request that was valid until now is made invalid only by its refresh token. */
export function mayBeDead(refusal: TokenError): boolean {
  if (isNotTheGrant(refusal)) return false;
  if (codesOf(refusal.code).includes('invalid_request')) return true;
  return refusal.words.map(spoken).some((text) => ABOUT_SOME_TOKEN.test(text) && OVER.test(text));
}

/** Whether a refusal has this code, however the server writes it. */
export function saysCode(refusal: TokenError | undefined, code: string): boolean {
  return refusal !== undefined && says(refusal, new Set([code]));
}

function isNotTheGrant({ code }: TokenError): boolean {
  return codesOf(code).some((word) => NOT_THE_GRANT.has(word));
}

function isAboutDeadGrant(text: string): boolean {
  const said = spoken(text);
  if (/(?<!\bnot (?:an )?)\binvalid grant\b(?! type)/.test(said)) return true;
  return /\brefresh token\b/.test(said) && OVER.test(said) && !ABOUT_THE_REQUEST.test(said);
}

/** Whether an answer has one of these texts in small letters, or one of these codes. */
function says({ words }: TokenError, wanted: ReadonlySet<string>): boolean {
  return words.some(
    (text) => wanted.has(text.trim().toLowerCase()) || codesOf(text).some((code) => wanted.has(code)),
  );
}

/**
 * The codes in a text, in small letters with underscores: the text itself if it is one word (`InvalidGrantException`), and
 * those within a sentence, as in `invalid_grant: Token has been revoked`.
 */
export function codesOf(text: string): string[] {
  const within =
    text
      .slice(0, SEARCHED)
      .toLowerCase()
      .match(/\b[a-z]+(?:_[a-z]+)+\b/g) ?? [];
  const whole = text.length > SEARCHED || /\s/.test(text.trim()) ? [] : [spoken(text).replaceAll(' ', '_')];
  return [...whole.map((code) => code.replace(/_(?:exception|error)$/, '')), ...whole, ...within];
}

/** A text in small letters, with a blank in place of everything else and between the words of `camelCase`. */
function spoken(text: string): string {
  return text
    .slice(0, SEARCHED)
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replaceAll(/n't\b/g, ' not')
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim();
}
