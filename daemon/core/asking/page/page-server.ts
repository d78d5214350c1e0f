import type { SecretRequestState } from '../../../../shared/contract/index.js';
import type { Secret } from '../../../../shared/secret.js';
import type { SecretRequest } from '../secret-request.js';

/** Finds the request whose page has this path, also one that is over. */
type FindRequest = (path: string) => SecretRequest | undefined;

/** What a page does with a request. */
interface Actions {
  /** Throws `invalid_params`, and what storing throws. */
  save(id: string, values: ReadonlyMap<string, Secret>): Promise<SecretRequestState>;
  decline(id: string): SecretRequestState;
}

/** The pages on which a person answers requests for secrets: one server on the loopback interface for all of them. */
export class PageServer {
  /** Listens, if it does not already. Throws `config` if that is not possible. */
  async start(_find: FindRequest, _actions: Actions): Promise<void> {
    await Promise.resolve();
  }

  /** Of the page with this path. It listens. */
  addressOf(path: string): string {
    return `http://127.0.0.1:0/${path}`;
  }

  /** Listens no more. */
  stop(): void {}
}
