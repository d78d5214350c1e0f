import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { OpenIdProvider } from '../support/provider/openid-provider.js';
import type { RunResult } from '../support/start/running.js';
import type { Sandbox } from '../support/start/sandbox.js';
import * as stage from './stage.js';

/** Seconds that an access token of this provider lives. */
export const TOKEN_LIFE = 4;

/** A program that uses the client library. */
export const PROGRAM = fileURLToPath(new URL('program.mjs', import.meta.url));

/** Where the story takes place. `signal` ends it between two steps. */
export interface Scene {
  readonly provider: OpenIdProvider;
  readonly sandbox: Sandbox;
  readonly signal: AbortSignal;
}

/** Runs the program, which is to be answered by the daemon, or directly by the library. */
export async function runProgram(scene: Scene, via: 'daemon' | 'direct'): Promise<void> {
  scene.signal.throwIfAborted();
  stage.command('node program.mjs');
  const program = scene.sandbox.spawn([process.execPath, PROGRAM], { input: '' });
  const { stdout } = finished('node program.mjs', await program.exited);
  const [, answeredBy, token = ''] = /^answered by: (\w+)\ntoken: (\S+)$/m.exec(stdout) ?? [];
  if (answeredBy !== via) throw new Error(`The program was answered by ${answeredBy} instead of ${via}.`);
  await expectGood(scene, token);
}

/** This provider counts in whole seconds, so a token of it may end this much earlier than it was said to, in milliseconds. */
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

/** Asks the provider, as a resource server does. Throws where the token is not good. */
export async function expectGood({ provider }: Scene, token: string): Promise<void> {
  const { active, sub } = await provider.introspect(token);
  if (!active) throw new Error('The provider says that the token is not good.');
  stage.result(`The provider, asked about ${token}: good, and ${String(sub)}'s.`);
}

/** How many refresh tokens were presented to the provider. */
export function refreshes({ provider }: Scene): number {
  return provider.counts.token['refresh_token'] ?? 0;
}

/** Runs `sigilforge` and shows the command line and what it printed. */
export async function sigilforge(scene: Scene, ...args: string[]): Promise<RunResult> {
  scene.signal.throwIfAborted();
  const line = `sigilforge ${args.join(' ')}`;
  stage.command(line);
  return finished(line, await scene.sandbox.run(args));
}

/** Shows what a program printed. Throws where it did not end well. */
export function finished(line: string, ended: RunResult): RunResult {
  stage.output(ended.stderr + ended.stdout);
  if (ended.code === 0) return ended;
  throw new Error(`${line} ended with ${ended.signal ?? `exit status ${ended.code}`}.`);
}
