import { MAY_BE_THE_PROMPT, type Matter } from '../failures/hints.js';
import type { FlowRequest } from './flow.js';

/** What a sign-in asks for of which a server may refuse a part. */
export interface Asked {
  readonly scopes: readonly string[];
  /** Parameters that nothing but the scopes made necessary. */
  readonly prompt: Readonly<Record<string, string>>;
}

/** A refusal in the words of RFC 6749, section 4.1.2.1 or 5.2. */
interface Refusal {
  readonly code: string;
  readonly description: string | undefined;
}

type Request = Pick<FlowRequest, 'client' | 'scopes' | 'assumed' | 'params'>;

/** What is asked for first. */
export function firstAsked(request: Request): Asked {
  return asking(request, request.scopes);
}

/**
 * What to ask for instead, without what a server has refused that no person asked for; `undefined` if everything that it may
 * have refused was asked for by a person.
 */
export function askedInstead(asked: Asked, refusal: Refusal, request: Request): Asked | undefined {
  if (isAboutScopes(refusal)) {
    const left = asked.scopes.filter((scope) => scope !== firstToLeaveOut(asked, request));
    return left.length < asked.scopes.length ? asking(request, left) : undefined;
  }
  const isOurs = asked.prompt['prompt'] !== undefined && MAY_BE_THE_PROMPT.has(refusal.code);
  return isOurs ? { ...asked, prompt: {} } : undefined;
}

/** What is there although no person named it: scopes, and a prompt. */
export function assumedIn(asked: Asked, { assumed }: Pick<FlowRequest, 'assumed'>): Assumed {
  return {
    assumed: asked.scopes.filter((scope) => assumed.includes(scope)),
    prompted: asked.prompt['prompt'] !== undefined,
  };
}

/** What a hint names of a request. */
type Assumed = Required<Pick<Matter, 'assumed' | 'prompted'>>;

/**
 * A server may pass over `offline_access` unless the person is asked to consent (OpenID Connect Core 1.0, section 11). The
 * entry of a provider that states how its refresh tokens come says itself which prompt they need.
 */
function asking({ client: { registration }, params }: Request, scopes: readonly string[]): Asked {
  const isNeeded = scopes.includes('offline_access') && registration.refresh.issued === 'unknown';
  const isSaid = 'prompt' in registration.authorize_params || 'prompt' in params;
  return { scopes, prompt: isNeeded && !isSaid ? { prompt: 'consent' } : {} };
}

/** The one that fewer servers know comes first. */
const TO_LEAVE_OUT = ['offline_access', 'openid'];

function firstToLeaveOut(asked: Asked, request: Request): string | undefined {
  const { assumed } = assumedIn(asked, request);
  return TO_LEAVE_OUT.find((scope) => assumed?.includes(scope));
}

/** `invalid_scope`, and other words that servers have for it. */
function isAboutScopes({ code, description = '' }: Refusal): boolean {
  return (
    /scope/i.test(code) || (code === 'invalid_request' && /\bscopes?\b|offline_access/i.test(description))
  );
}
