import type { CheckedParamsOf, ResultOf } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { parseGrant } from '../../shared/grant.js';
import { Term } from '../../shared/term.js';
import type { Handlers, Peer } from './handlers.js';

type Methods = 'restrict' | 'open_door' | 'list_doors' | 'close_door';

/** What `open_door` asks for, with its grants in their usual spelling. */
export type DoorRequest = CheckedParamsOf<'open_door'>;

/** The doors of this process. */
export interface Doors {
  /**
   * Opens one that goes away with its opener, or at the end of its time. Throws `already_exists` for an id that is in use,
   * `limit_exceeded`, and `unsafe_path` where no socket can be.
   */
  open(request: DoorRequest, opener: Peer): Promise<ResultOf<'open_door'>>;
  /** A page of those that are open. */
  list(cursor: string | undefined): ResultOf<'list_doors'>;
  /** Says whether it was open. Its opener is told, unless it is `by` itself. */
  close(door: string, by: Peer): boolean;
}

export function doorHandlers(doors: Doors): Pick<Handlers, Methods> {
  return {
    restrict: ({ grants, name, expires_in_s }, peer) => {
      peer.rights.narrow(grants.map(parseGrant), Term.ofSeconds(expires_in_s));
      // The first name stays: a program must not take another one later.
      peer.who.door ??= name ?? null;
      return { grants: [...(peer.rights.grants ?? [])] };
    },
    open_door: (params, peer) => doors.open({ ...params, grants: params.grants.map(parseGrant) }, peer),
    list_doors: ({ cursor }) => doors.list(cursor),
    close_door: ({ door }, peer) => ({ closed: doors.close(door, peer) }),
  };
}

/** Of a program that holds the library itself: no other program can reach it. */
export const noDoors: Doors = {
  async open() {
    throw new SigilforgeError(
      'daemon_unavailable',
      'Only a daemon opens doors, and this is the library in-process.',
      {
        hint: 'Start the daemon with: sigilforge daemon start',
      },
    );
  },
  list: () => ({ doors: [], cursor: null }),
  close: () => false,
};
