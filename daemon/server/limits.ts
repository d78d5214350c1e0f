import { type Config, parseConfig } from '../../shared/config.js';

/** How much of the daemon a client may use: bytes, numbers and milliseconds. */
export interface Limits {
  readonly connections: number;
  /** Those of them that may hold something which would end with them, such as a subscription. */
  readonly kept: number;
  /** More connections while all others are in use, for the few calls that are answered even then. */
  readonly reserve: number;
  /** Bytes of a line of a client. */
  readonly line: number;
  /** Levels of arrays and objects in a line: what looks at its value calls itself for each of them. */
  readonly depth: number;
  /** Requests of one batch. */
  readonly batch: number;
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
  /** How long an outbox that more than `unread` bytes had filled may take until it is empty. */
  readonly unreadMs: number;
  /** How long a client may take to leave after the daemon has ended its side. */
  readonly lingerMs: number;
  /** How long clients may take to leave by themselves before the server closes. */
  readonly leaveMs: number;
  /** How long running requests have to finish once the server closes. */
  readonly closeMs: number;
}

/** Those that config.toml has no key for, each beside what it bounds. */
const FIXED = {
  // As many as any client of the project has connections to spare for the daemon's own commands.
  reserve: 16,
  turnMs: 1,
  turnWaitingMs: 10,
  // As long as a half line: a client that reads is faster by far.
  unreadMs: 30_000,
  lingerMs: 1_000,
  // Those that expect it are gone in milliseconds. Others may have connected and not have asked yet.
  leaveMs: 1_000,
  // A daemon that is asked to end is gone within five seconds, exchanges aside.
  closeMs: 5_000,
};

/** The limits with what config.toml says about them. */
export function limitsOf(config: Config['limits']): Limits {
  const { connections, waiting, depth, batch } = config;
  return {
    ...FIXED,
    ...{ connections, waiting, depth, batch },
    // A quarter of the places stays for those that may be ended to make room.
    kept: connections - Math.floor(connections / 4),
    line: config.line_bytes,
    running: config.requests,
    unread: config.unread_each_bytes,
    held: config.unread_bytes,
    halfLineMs: config.half_line_s * 1000,
  };
}

/** Those of an empty config.toml. */
export const defaultLimits: Limits = limitsOf(parseConfig('', 'config.toml').limits);
