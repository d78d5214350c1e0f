import { setTimeout as sleep } from 'node:timers/promises';
import type { Home } from './home.js';
import * as stage from './stage.js';
import type { Ended } from './started.js';

/** Seconds that an access token of the provider lives. */
export const TOKEN_LIFE = 4;

/** The provider of the story. */
export interface StoryProvider {
  readonly issuer: string;
  readonly clientId: string;
  /** What it is, in a sentence. */
  readonly introduction: string;
  introspect(token: string): Promise<{ readonly active: boolean; readonly sub?: unknown }>;
  refreshes(): number;
  /** Stands in for the person and the browser, from the address of a sign-in on. */
  signIn(address: string): Promise<void>;
}

/** Where the story takes place. `signal` ends it between two steps. */
export interface Scene {
  readonly provider: StoryProvider;
  readonly home: Home;
  readonly signal: AbortSignal;
  /** Whether the person signs in with a browser. */
  readonly byHand: boolean;
}

/** A provider may count in whole seconds: a token may end this much earlier than it was said to, in milliseconds. */
const ROUNDING = 1000;

/** Waits until the provider itself says that a token is no longer good, and the time it was issued for is over. */
export async function outlive({ provider, signal }: Scene, token: string): Promise<void> {
  const limit = performance.now() + 2000 * TOKEN_LIFE;
  while ((await provider.introspect(token)).active) {
    if (performance.now() > limit) throw new Error('The token does not expire.');
    await sleep(100, undefined, { signal });
  }
  await sleep(ROUNDING, undefined, { signal });
  stage.result(`The provider, asked about ${token}: expired.`);
}

/** Asks the provider, as an API does that is sent a token. Throws if it is not. */
export async function expectGood({ provider }: Scene, token: string): Promise<void> {
  const { active, sub } = await provider.introspect(token);
  if (!active) throw new Error('The provider says that the token is not good.');
  stage.result(`The provider, asked about ${token}: good, and ${String(sub)}'s.`);
}

/** Runs `sigilforge` and shows the command line, as a person types it, and what it printed. */
export async function sigilforge(
  scene: Scene,
  args: readonly string[],
  { typed = args.join(' '), input }: { readonly typed?: string; readonly input?: string } = {},
): Promise<Ended> {
  scene.signal.throwIfAborted();
  const line = `sigilforge ${typed}`;
  stage.command(line);
  return finished(line, await scene.home.run(args, input));
}

/** Shows what a program printed. Throws if it did not end well. */
export function finished(line: string, ended: Ended): Ended {
  stage.output(ended.stderr + ended.stdout);
  if (ended.code === 0) return ended;
  throw new Error(`${line} ended with ${ended.signal ?? `exit status ${ended.code}`}.`);
}
