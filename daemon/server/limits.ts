import { MAX_CLIENT_LINE } from '../../shared/framing.js';

/** How much of the daemon a client may use: bytes, numbers and milliseconds. */
export interface Limits {
  readonly connections: number;
  /** Those of them that may hold something which would end with them, such as a subscription. */
  readonly kept: number;
  /** More connections while all others are in use, for the few calls that are answered even then. */
  readonly reserve: number;
  /** Bytes of a line of a client. */
  readonly line: number;
  /** Requests in flight on a connection; beyond them the daemon stops reading it. */
  readonly running: number;
  /** The same for requests that wait for an event. */
  readonly waiting: number;
  /** Bytes of answers that the client has not read yet; beyond them the daemon neither reads its lines nor runs its calls. */
  readonly unread: number;
  /** Bytes that are held for all clients together: lines that are not answered, and answers that are not read. */
  readonly held: number;
  /** How long a connection may go on starting calls before others have their turns. */
  readonly turnMs: number;
  /** How much longer if it only starts calls that wait for something, so that those for the same refresh share it. */
  readonly turnWaitingMs: number;
  /** How long a line may stay half sent. */
  readonly halfLineMs: number;
  /** How long more than `unread` bytes may stay unread. */
  readonly unreadMs: number;
  /** How long a client may take to leave after the daemon has ended its side. */
  readonly lingerMs: number;
  /** How long running requests have to finish once the server closes. */
  readonly closeMs: number;
}

export const defaultLimits: Limits = {
  connections: 256,
  kept: 192,
  reserve: 16,
  line: MAX_CLIENT_LINE,
  running: 64,
  waiting: 256,
  unread: 256 * 1024,
  held: 64 * 1024 * 1024,
  turnMs: 1,
  turnWaitingMs: 10,
  halfLineMs: 30_000,
  unreadMs: 30_000,
  lingerMs: 1_000,
  closeMs: 5_000,
};
