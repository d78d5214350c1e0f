import { subscribe } from 'node:diagnostics_channel';
import { errnoOf } from '../../shared/errno.js';
import { printable } from '../../shared/printable.js';
import { stackFrames } from '../../shared/stack-frames.js';
import { TRACE_CHANNEL } from '../../shared/trace-channel.js';

/** Whether SIGILFORGE_DEBUG asks for the same as `--debug`. */
export function isDebugging(env: NodeJS.ProcessEnv = process.env): boolean {
  return env['SIGILFORGE_DEBUG'] === '1';
}

/** Notes the named points that this process passes. Returns what gives them as lines, each with its time. */
export function recordTrace(): () => string[] {
  const started = performance.now();
  const lines: string[] = [];
  subscribe(TRACE_CHANNEL, (event) => {
    lines.push(`+${(performance.now() - started).toFixed(1)} ms ${pointOf(event)}`);
  });
  return () => lines;
}

/**
 * The names and stacks of an error and its causes, as lines. Messages are left out, except those of Sigilforge itself,
 * which are printed already: the text of another error may quote a secret.
 */
export function describeError(thrown: unknown): string[] {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  const add = (error: unknown, relation: string): void => {
    if (seen.has(error)) return;
    seen.add(error);
    lines.push(`${relation}${nameOf(error)}`);
    if (!(error instanceof Error)) return;
    lines.push(...stackFrames(error));
    if (error instanceof AggregateError) for (const part of error.errors) add(part, 'one of ');
    if (error.cause !== undefined) add(error.cause, 'caused by ');
  };
  add(thrown, '');
  return lines.map(printable);
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const code = errnoOf(error);
  return code !== undefined && /^[A-Z][A-Z0-9_]*$/.test(code) ? `${error.name} ${code}` : error.name;
}

function pointOf(event: unknown): string {
  if (typeof event !== 'object' || event === null || !('point' in event)) return 'unknown';
  const account = 'account' in event && typeof event.account === 'string' ? ` ${event.account}` : '';
  return printable(`${String(event.point)}${account}`);
}
