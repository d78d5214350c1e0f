import { SigilforgeError } from '../../../shared/errors.js';

/** Who asks for a sign-in. */
export interface SignInClient {
  /** Aborted once it is gone. */
  readonly gone: AbortSignal;
  /** Keeps its connection, even an idle one, until the returned function is called. Throws `limit_exceeded`. */
  keep(): () => void;
}

/** One client's part in a sign-in. It is given up once: by the client, by its end, or when the sign-in is over. */
export interface Part {
  readonly client: SignInClient;
  giveUp(): void;
}

/** Counts the parts of each client. */
export class Parts {
  readonly #counts = new WeakMap<AbortSignal, number>();
  readonly #most: number;

  /** `most`: how many sign-ins one client may have under way. */
  constructor(most: number) {
    this.#most = most;
  }

  /** A part of this client's. Throws `limit_exceeded` if it has too many. */
  take(client: SignInClient): Part {
    const { gone } = client;
    if (this.#count(gone) >= this.#most) throw tooMany(this.#most);
    const release = client.keep();
    this.#counts.set(gone, this.#count(gone) + 1);
    let given = false;
    const giveUp = (): void => {
      if (given) return;
      given = true;
      this.#counts.set(gone, this.#count(gone) - 1);
      release();
    };
    return { client, giveUp };
  }

  #count(gone: AbortSignal): number {
    return this.#counts.get(gone) ?? 0;
  }
}

function tooMany(most: number): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `This client has ${most} sign-ins under way.`, {
    hint: 'Finish or cancel one of them first.',
  });
}
