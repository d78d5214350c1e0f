import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { parseGrant } from '../../../shared/grant.js';
import { badArgument } from '../../arguments/context.js';
import { readDuration } from '../../arguments/duration.js';

/** What a program may use of the daemon. */
export interface GrantRequest {
  readonly grants: readonly string[];
  /** For how long at most, in milliseconds. */
  readonly forMs: number | undefined;
}

/** The grants that the options ask for, `undefined` if they ask for none. */
export function readGrants(options: {
  readonly grant: readonly string[];
  readonly grantFor?: string;
}): GrantRequest | undefined {
  const { grant, grantFor } = options;
  const forMs = grantFor === undefined ? undefined : readDuration('--grant-for', grantFor);
  if (grant.length > 0) return { grants: grant.map(readGrant), forMs };
  if (forMs === undefined) return undefined;
  throw badArgument('--grant-for needs a grant.', 'Name what is granted: --grant auth://github/work/token');
}

function readGrant(text: string): string {
  try {
    return parseGrant(text);
  } catch (cause) {
    throw new SigilforgeError('invalid_reference', '--grant takes a reference that can be granted.', {
      hint: asSigilforgeError(cause).hint,
      cause,
    });
  }
}
