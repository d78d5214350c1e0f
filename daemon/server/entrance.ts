import type { Rights } from '../handlers/rights.js';
import type { Connection } from './connection.js';

/** Where narrowed connections come in. */
export interface Entrance {
  /** What the record calls it. */
  readonly label: string;
  /** Those of one more connection. */
  rights(): Rights;
  entered(connection: Connection): void;
  left(connection: Connection): void;
}
