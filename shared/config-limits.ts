import { MAX_CLIENT_LINE } from './framing.js';

/** How much of the daemon its clients may use, and how far `[limits]` in config.toml may move it. */
export interface Limit {
  readonly usual: number;
  /** So that no daemon is left that its own user cannot reach, or give a secret to. */
  readonly least: number;
  readonly most: number;
  /** Why it is what it is. README.md says the same. */
  readonly reason: string;
}

/** Every limit that `[limits]` has a key for. Whatever else is limited stands beside what it limits. */
export const LIMITS = {
  connections: {
    usual: 256,
    least: 16,
    most: 4096,
    reason: 'clients at once; each takes a descriptor, of which some systems give a process 1,024',
  },
  requests: {
    usual: 64,
    least: 4,
    most: 1024,
    reason: 'requests in flight of one connection; beyond them it is not read until one is answered',
  },
  waiting: {
    usual: 256,
    least: 4,
    most: 4096,
    reason: 'the same for requests that wait for an event; each costs a timer and no turn',
  },
  line_bytes: {
    usual: MAX_CLIENT_LINE,
    least: 512 * 1024,
    most: 16 * 1024 * 1024,
    reason: 'one line of a client; the largest secret, as base64, takes a third of it',
  },
  depth: {
    usual: 64,
    least: 8,
    most: 512,
    reason: 'levels of arrays and objects in one line; no method has more than 5',
  },
  half_line_s: {
    usual: 30,
    least: 1,
    most: 3600,
    reason: 'how long a line may stay half sent; programs send a line at once',
  },
  unread_bytes: {
    usual: 64 * 1024 * 1024,
    least: 8 * 1024 * 1024,
    most: 1024 * 1024 * 1024,
    reason:
      'lines and unread answers held for all clients together; beyond them the connection that holds most is closed',
  },
  unread_each_bytes: {
    usual: 256 * 1024,
    least: 64 * 1024,
    most: 16 * 1024 * 1024,
    reason:
      'answers that one connection has not read; beyond them it is not read either. A page of a list and a secret fit',
  },
  batch: {
    usual: 64,
    least: 1,
    most: 1024,
    reason: 'requests of one batch; as many as may be in flight',
  },
  flows: {
    usual: 32,
    least: 1,
    most: 256,
    reason: 'sign-ins under way; each has a listener of its own, or polls a provider',
  },
  flows_each: {
    usual: 16,
    least: 1,
    most: 256,
    reason: 'sign-ins of one connection, so that one client leaves room for others',
  },
  subscriptions: {
    usual: 16,
    least: 1,
    most: 256,
    reason: 'subscriptions of one connection; each event is sent once for each of them',
  },
  doors: {
    usual: 256,
    least: 1,
    most: 1024,
    reason: 'doors open at once; each takes a descriptor too',
  },
  doors_each: {
    usual: 64,
    least: 1,
    most: 1024,
    reason: 'doors of one connection, so that one client leaves room for others',
  },
} as const satisfies Record<string, Limit>;
