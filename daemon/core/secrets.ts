import type { CheckedParamsOf, ResultOf } from '../../shared/contract.js';
import { SigilforgeError } from '../../shared/errors.js';

/** Secrets by their names: API keys and whatever else a program needs and nobody should see. */
export class Secrets {
  set(_secret: CheckedParamsOf<'set_secret'>): Promise<ResultOf<'set_secret'>> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }

  get(_key: string): Promise<ResultOf<'get_secret'>> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }

  getPage(_prefix: string | undefined, _cursor: string | undefined): Promise<ResultOf<'get_secrets'>> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }

  list(_prefix: string | undefined, _cursor: string | undefined): ResultOf<'list_secrets'> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }

  delete(_key: string): Promise<boolean> {
    throw new SigilforgeError('internal_error', 'Not built yet.');
  }
}
