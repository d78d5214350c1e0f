import { channel } from 'node:diagnostics_channel';
import { TRACE_CHANNEL } from '../../../shared/trace-channel.js';

/** What a refresh and a sign-in pass, in the order in which they come. */
export const GRANT_POINTS = [
  'refresh.leased',
  'refresh.journaled',
  'refresh.answered',
  'refresh.committing',
  'refresh.rescued',
  'refresh.kept_unread',
  'refresh.committed',
  'refresh.adopting',
  'sign_in.answered',
  'sign_in.committing',
  'sign_in.committed',
] as const;

/** The same for what is done to the whole vault. */
export const VAULT_POINTS = [
  'rotate.wrapping',
  'rotate.wrapped',
  'rotate.resealing',
  'rotate.resealed',
  'rotate.retiring',
  'rotate.retired',
  'import.committing',
  'import.committed',
] as const;

/** The same for a database of an older version. */
export const MIGRATION_POINTS = ['migrate.committing', 'migrate.committed'] as const;

/** The same for a vault that a backup takes the place of. */
const RESTORE_POINTS = ['restore.replacing', 'restore.replaced'] as const;

/** What a daemon passes that takes the place of another one. */
export const SUCCESSION_POINTS = [
  'succession.turn',
  'succession.bound',
  'succession.asked',
  'succession.taken',
  'succession.opened',
] as const;

export type TracePoint = (
  | typeof GRANT_POINTS
  | typeof VAULT_POINTS
  | typeof MIGRATION_POINTS
  | typeof RESTORE_POINTS
  | typeof SUCCESSION_POINTS
)[number];

/** A named point that was passed, and which account it concerns. Never a value of a credential. */
export interface TraceEvent {
  readonly point: TracePoint;
  /** The account's id, where the point belongs to one. */
  readonly account?: string | undefined;
}

/** One for the whole process, whichever bundle publishes to it or listens. */
const CHANNEL = channel(TRACE_CHANNEL);

/** Tells every listener that `point` is passed. Without listeners it costs one test of a flag. */
export function trace(point: TracePoint, account?: string): void {
  if (CHANNEL.hasSubscribers) CHANNEL.publish({ point, account } satisfies TraceEvent);
}

/** Listens to every point until the returned function is called. Listeners run inside the traced code, so they must not throw. */
export function onTrace(listener: (event: TraceEvent) => void): () => void {
  const hear = (event: unknown): void => listener(event as TraceEvent);
  CHANNEL.subscribe(hear);
  return () => CHANNEL.unsubscribe(hear);
}
