import { SigilforgeError } from '../../../../shared/errors.js';
import { inStandardNames } from '../param-names.js';
import type { ClientRegistration } from '../registration/client.js';
import { stateMatches } from './loopback.js';

const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';

/** Where the browser was to come back to, and with which state. */
interface Expected {
  readonly redirectUri: string;
  readonly state: string;
  readonly names: ClientRegistration['param_names'];
}

/**
 * The authorization response in an address that a person pasted, however it was copied: in quotes or brackets, in a sentence,
 * in several lines, with what HTML or a shell escapes, or only its end. With the out-of-band redirect a page shows the bare
 * code, guarded only by PKCE. Throws `invalid_params` unless it has the right state and an answer.
 */
export function pastedResponse(pasted: string, { redirectUri, state, names }: Expected): URLSearchParams {
  const text = unescaped(pasted);
  const bare = text.replace(/^["'<(`]+|["'>)`]+$/g, '');
  if (redirectUri === OUT_OF_BAND && /^[^?&=]+$/.test(bare) && !/\s/.test(pasted.trim())) {
    return new URLSearchParams({ code: bare, state });
  }
  // The address that was opened has the right state too, and may be pasted by mistake.
  const isAnswer = (response: URLSearchParams): boolean =>
    (response.has('code') || response.has('error')) && stateMatches(response, state);
  const found = candidates(text, redirectUri)
    .flatMap(responsesIn)
    .map((response) => inStandardNames(response, names))
    .find(isAnswer);
  if (found) return found;
  throw new SigilforgeError('invalid_params', 'This is not the address that the browser was redirected to.', {
    hint: "After signing in, copy the whole address from the browser's address bar, and paste it.",
  });
}

/** An address has no white space, no invisible characters and no backslashes of its own. */
function unescaped(pasted: string): string {
  return pasted.replace(/[\s\\\u200b-\u200d\u2060\ufeff]+/g, '').replaceAll('&amp;', '&');
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']' };

/** The address within a text, and the same without what may be the end of a sentence. */
function candidates(text: string, redirectUri: string): string[] {
  const begin = beginOf(text, redirectUri);
  const closing = CLOSING[text[begin - 1] ?? ''];
  const [address = ''] = text.slice(begin).split(/["'<>`]/, 1);
  const end = closing === undefined ? -1 : address.lastIndexOf(closing);
  const whole = end < 0 ? address : address.slice(0, end);
  return [whole, whole.replace(/[.,;:!)\]]+$/, '')];
}

/** Where the address begins: at the redirect address, or at any other one (a proxy's), or at the parameters. */
function beginOf(text: string, redirectUri: string): number {
  const scheme = redirectUri.slice(0, redirectUri.indexOf(':') + 1).toLowerCase();
  const found = [scheme, 'https:', 'http:'].map((start) => text.toLowerCase().indexOf(start));
  return Math.max(0, found.find((at) => at >= 0) ?? text.search(/[?#]/) + 1);
}

/** The parameters after the question mark, those after the number sign (`response_mode=fragment`), or nothing else. */
function responsesIn(address: string): URLSearchParams[] {
  const [beforeFragment = '', fragment = ''] = address.split('#', 2);
  const query = beforeFragment.slice(beforeFragment.indexOf('?') + 1);
  return [new URLSearchParams(query), new URLSearchParams(fragment)];
}
