import type { CheckedParamsOf, ResultOf } from '../../../shared/contract/index.js';
import type { Accounts } from '../accounts/accounts.js';
import type { Granted } from '../capabilities/granted.js';
import type { Registry } from '../capabilities/registry.js';
import type { Secrets } from '../secrets/secrets.js';
import type { Env } from '../store/env.js';

interface Collaborators {
  readonly registry: Pick<Registry, 'find' | 'idOf' | 'assertKept'>;
  readonly granted: Pick<Granted, 'of' | 'grant'>;
  /** What a grant could be for now. */
  readonly accounts: Pick<Accounts, 'list'>;
  readonly secrets: Pick<Secrets, 'list'>;
}

/** Grants that capabilities ask a person for. */
export class Proposals {
  readonly #env: Env;
  readonly #parts: Collaborators;

  constructor(env: Env, parts: Collaborators) {
    this.#env = env;
    this.#parts = parts;
  }

  propose(_name: string, _params: CheckedParamsOf<'propose_grant'>): Promise<ResultOf<'propose_grant'>> {
    throw new Error(`not built ${this.#env} ${this.#parts}`);
  }

  list(_params: CheckedParamsOf<'list_proposals'>): ResultOf<'list_proposals'> {
    throw new Error('not built');
  }

  accept(_id: string): Promise<ResultOf<'accept_proposal'>> {
    throw new Error('not built');
  }

  decline(_id: string): Promise<boolean> {
    throw new Error('not built');
  }
}
