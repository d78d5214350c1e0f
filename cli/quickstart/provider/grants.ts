import { createHash, randomBytes } from 'node:crypto';

/** What a program asks a person for. */
export interface AuthorizationRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly state: string;
  readonly nonce: string | null;
  readonly scope: string;
}

interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly grant: Grant;
}

/** What a person allowed. It ends with all of its tokens if one of its refresh tokens comes a second time. */
interface Grant {
  readonly request: AuthorizationRequest;
  ended: boolean;
}

/** Requests that wait for a person at once; the oldest makes room. */
const MOST_WAITING = 20;

/** The grants of the demonstration provider, in memory. */
export class Grants {
  readonly #lifeMs: number;
  readonly #waiting = new Map<string, AuthorizationRequest>();
  readonly #codes = new Map<string, AuthorizationRequest>();
  readonly #access = new Map<string, { readonly grant: Grant; readonly end: number }>();
  readonly #refresh = new Map<string, Grant>();
  readonly #spent = new Map<string, Grant>();

  /** `life`: seconds that an access token lives. */
  constructor(life: number) {
    this.#lifeMs = life * 1000;
  }

  /** Keeps a request until the person has answered. Returns its name. */
  wait(request: AuthorizationRequest): string {
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined && this.#waiting.size >= MOST_WAITING) this.#waiting.delete(oldest);
    const id = token();
    this.#waiting.set(id, request);
    return id;
  }

  /** The person says yes. */
  allow(id: string): { readonly request: AuthorizationRequest; readonly code: string } | undefined {
    const request = this.#waiting.get(id);
    if (!request) return undefined;
    this.#waiting.delete(id);
    const code = token();
    this.#codes.set(code, request);
    return { request, code };
  }

  /** A code counts once, for who began with the challenge of this verifier (RFC 7636). */
  exchange(
    code: string,
    { verifier, redirectUri }: { verifier: string; redirectUri: string },
  ): Tokens | undefined {
    const request = this.#codes.get(code);
    this.#codes.delete(code);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    if (!request || request.challenge !== challenge || request.redirectUri !== redirectUri) return undefined;
    return this.#issue({ request, ended: false });
  }

  /** Each refresh token counts once. */
  refresh(refreshToken: string): Tokens | undefined {
    const reused = this.#spent.get(refreshToken);
    if (reused) reused.ended = true;
    const grant = this.#refresh.get(refreshToken);
    if (!grant || grant.ended) return undefined;
    this.#refresh.delete(refreshToken);
    this.#spent.set(refreshToken, grant);
    return this.#issue(grant);
  }

  isGood(accessToken: string): boolean {
    const known = this.#access.get(accessToken);
    return known !== undefined && !known.grant.ended && Date.now() < known.end;
  }

  revoke(either: string): void {
    const grant = this.#refresh.get(either) ?? this.#access.get(either)?.grant;
    if (grant) grant.ended = true;
  }

  #issue(grant: Grant): Tokens {
    const tokens = { access: token(), refresh: token(), grant };
    this.#access.set(tokens.access, { grant, end: Date.now() + this.#lifeMs });
    this.#refresh.set(tokens.refresh, grant);
    return tokens;
  }
}

function token(): string {
  return randomBytes(32).toString('base64url');
}
