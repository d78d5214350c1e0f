import * as v from 'valibot';
import { SigilforgeError } from '../../../../shared/errors.js';
import { Issuer } from '../../../../shared/schemas.js';
import { waitingTime } from '../../../../shared/waiting-time.js';
import type { HttpFailure } from '../http/failure.js';
import { isSameHost } from './issuer.js';

/** Why an address has no metadata of an issuer. */
export type DiscoveryFault =
  | { readonly why: 'unreachable'; readonly failure: HttpFailure }
  | { readonly why: 'issuer'; readonly found: unknown }
  | { readonly why: 'busy'; readonly status: number; readonly retryAfterMs: number | undefined }
  /** `to`: where to, if that is an address. */
  | { readonly why: 'redirect'; readonly to: URL | undefined }
  | { readonly why: 'not_json'; readonly url: URL }
  | { readonly why: 'refused'; readonly url: URL; readonly status: number }
  | { readonly why: 'missing'; readonly url: URL };

/** The two addresses may have different faults: the one that says most comes first. */
const ORDER: readonly DiscoveryFault['why'][] = [
  'unreachable',
  'issuer',
  'busy',
  'redirect',
  'not_json',
  'refused',
  'missing',
];

interface Asked {
  readonly id: string;
  readonly issuer: string;
}

/** The error to tell a person, from what was found at each address. */
export function discoveryError(asked: Asked, faults: readonly DiscoveryFault[]): SigilforgeError {
  const fault = ORDER.flatMap((why) => faults.filter((found) => found.why === why))[0];
  if (fault?.why === 'unreachable') {
    const { failure } = fault;
    return new SigilforgeError(
      'network',
      `The provider at ${asked.issuer} cannot be asked where its endpoints are: ${failure.message}`,
      {
        hint:
          failure.hint ??
          `Check the network connection and the issuer, then try again. ${orEndpoints(asked)}`,
        cause: failure,
      },
    );
  }
  const [reason, hint] = fault ? explain(fault, asked, faults) : ['it has no metadata', orEndpoints(asked)];
  const sentence = `The provider at ${asked.issuer} cannot be discovered: ${reason}.`;
  return new SigilforgeError('refresh_failed', sentence, { hint });
}

type Explanation = readonly [reason: string, hint: string];

function explain(
  fault: Exclude<DiscoveryFault, { why: 'unreachable' }>,
  asked: Asked,
  faults: readonly DiscoveryFault[],
): Explanation {
  const check = `Check the issuer. ${orEndpoints(asked)}`;
  switch (fault.why) {
    case 'issuer':
      return explainIssuer(fault.found, asked);
    case 'busy': {
      const busy =
        fault.status === 429
          ? 'it has had too many requests (status 429)'
          : `it is not well now (status ${fault.status})`;
      return [busy, `Try again ${inTime(fault.retryAfterMs)}. ${orEndpoints(asked)}`];
    }
    case 'redirect':
      return explainRedirect(fault.to, asked);
    case 'not_json':
      return [
        `what is at ${shown(fault.url)} is not JSON`,
        `Open that address in a browser: the network may want you to sign in first. ${check}`,
      ];
    case 'refused':
      return [`it answered with status ${fault.status} at ${shown(fault.url)}`, check];
    case 'missing': {
      const places = faults.flatMap((found) => ('url' in found ? [shown(found.url)] : []));
      return [`there is no metadata at ${places.join(' or ')} (status 404)`, check];
    }
  }
}

function explainIssuer(found: unknown, { id, issuer }: Asked): Explanation {
  if (typeof found !== 'string' || !URL.canParse(found)) {
    return ['its metadata names no issuer', `Check the issuer, ${issuer}. ${orEndpoints({ id })}`];
  }
  // As it is written there, because a final slash counts for some programs; anything odd is encoded.
  const other = /^[\x21-\x7e]{1,200}$/.test(found) ? found : shown(new URL(found));
  return [`its metadata names another issuer, ${other}`, whichIsIt(other, { id, issuer })];
}

/** On one host the two may be one issuer under two names; on another one it would be a server that speaks for another. */
function whichIsIt(found: string, { id, issuer }: Asked): string {
  const isOneHost = isSameHost(found, issuer);
  const same = `sigilforge provider set ${id} --iss ${found}`;
  if (isOneHost && !v.is(Issuer, found)) return `If that is the provider you mean, say so: ${same}`;
  const move = `If that is the provider you mean, set it as it is written there: sigilforge provider set ${id} --issuer ${found}`;
  return isOneHost ? `${move}. If nothing is found there, say that it is the same one: ${same}` : move;
}

function explainRedirect(to: URL | undefined, asked: Asked): Explanation {
  if (to === undefined || !/^https?:$/.test(to.protocol))
    return ['it redirects to no address', `Check the issuer. ${orEndpoints(asked)}`];
  if (to.origin === new URL(asked.issuer).origin) {
    return [
      `it redirects again and again, at last to ${shown(to)}`,
      `Check the issuer. ${orEndpoints(asked)}`,
    ];
  }
  const isPlain = to.protocol === 'http:' && asked.issuer.startsWith('https:');
  if (isPlain) {
    return [
      `it redirects to another place, ${shown(to)}, which is not https`,
      `Open ${asked.issuer} in a browser: the network may want you to sign in first. ${orEndpoints(asked)}`,
    ];
  }
  return [
    `it redirects to another place, ${shown(to)}, which is not followed`,
    `If that is the provider you mean, set its issuer: sigilforge provider set ${asked.id} --issuer ${to.origin}`,
  ];
}

function orEndpoints({ id }: Pick<Asked, 'id'>): string {
  return `You can also name the endpoints: sigilforge provider set ${id} --authorization-endpoint URL --token-endpoint URL`;
}

function inTime(ms: number | undefined): string {
  return `in ${ms === undefined || ms <= 0 ? 'a minute' : waitingTime(ms)}`;
}

/** An address that a server chose: without its query, which may be anything, and not longer than a line. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`.slice(0, 200);
}
