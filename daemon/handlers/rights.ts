import { SigilforgeError } from '../../shared/errors.js';
import { commonGrants, covers, isWild, MOST_GRANTS } from '../../shared/grant.js';
import type { Secret } from '../../shared/secret.js';
import { Term } from '../../shared/term.js';

/** The run that a connection belongs to: besides what is granted, it may use its own storage and add to its own messages. */
export interface OwnRun {
  readonly runId: string;
  readonly capability: string;
  /** Called with each value that goes out to it, before it does. */
  readonly released: (value: Secret, encoding: 'utf8' | 'base64') => void;
}

/** What a peer may ask for: everything, until it is narrowed for good; nothing, once the time for it is over. */
export class Rights {
  #grants: readonly string[] | undefined;
  /** Those without `*`: one look-up finds one, however long they are and however late they differ. */
  #exact: ReadonlySet<string> = new Set();
  /** Those with `*`. */
  #wild: readonly string[] = [];
  #term: Term | undefined;
  readonly run: OwnRun | undefined;

  /** As `narrow`; without `grants`, everything. */
  constructor(grants?: readonly string[], term?: Term, run?: OwnRun) {
    this.run = run;
    if (grants) this.narrow(grants, term);
  }

  get isNarrowed(): boolean {
    return this.#grants !== undefined;
  }

  /** What is granted; `undefined` for everything. */
  get grants(): readonly string[] | undefined {
    return this.#term?.isOver ? [] : this.#grants;
  }

  /**
   * Leaves what is granted now and by `grants` (as `parseGrant` spells them), until `term` is over if there is one. Throws
   * `limit_exceeded`, and then nothing has changed.
   */
  narrow(grants: readonly string[], term?: Term): void {
    this.#set(this.#grants === undefined ? grants : commonGrants(this.#grants, grants));
    this.#term = Term.first(this.#term, term);
  }

  /**
   * Leaves of what is granted only what `left` covers too, for grants that are taken back. It never fails: of a list that would
   * be too long stays what one of `left` covers in full.
   */
  keepOnly(left: readonly string[]): void {
    const own = this.#grants ?? left;
    const common = new Set(commonGrants(left, own));
    const fits = common.size <= MOST_GRANTS;
    this.#set(fits ? [...common] : own.filter((grant) => left.some((wider) => covers(wider, grant))));
  }

  /** Whether a reference in its usual spelling (`printReference`) is granted. */
  permits(reference: string): boolean {
    if (this.#term?.isOver) return false;
    if (this.#grants === undefined || this.#exact.has(reference)) return true;
    return this.#wild.some((grant) => covers(grant, reference));
  }

  #set(grants: readonly string[]): void {
    const once = [...new Set(grants)];
    if (once.length > MOST_GRANTS) throw tooMany();
    this.#grants = once;
    this.#exact = new Set(once.filter((grant) => !isWild(grant)));
    this.#wild = once.filter(isWild);
  }
}

function tooMany(): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `A connection has at most ${MOST_GRANTS} grants.`, {
    hint: 'Write * for a whole segment, or open several doors.',
  });
}
