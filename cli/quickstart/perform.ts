import { SigilforgeError } from '../../shared/errors.js';
import { Home } from './home.js';
import type { Scene, StoryProvider } from './scene.js';
import * as stage from './stage.js';
import { tellStory } from './story.js';

/** Milliseconds for all of it, where nothing waits for a person; it needs a third of that. */
const LIMIT = 60_000;
const LIMIT_BY_HAND = 10 * 60_000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Performance {
  readonly byHand?: boolean;
  /** Begins the provider of the story. */
  readonly provider: () => Promise<StoryProvider & { stop(): Promise<void> }>;
  /** What comes after the story. */
  readonly more?: (scene: Scene) => Promise<void>;
}

/** Tells the story in a home that is thrown away. Whatever happens, nothing is left of it. */
export async function perform({ byHand = false, provider: start, more }: Performance): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  for (const name of SIGNALS) process.once(name, interrupt);
  const limit = AbortSignal.timeout(byHand ? LIMIT_BY_HAND : LIMIT);
  const signal = AbortSignal.any([interrupted.signal, limit]);
  const home = await Home.create();
  const stop = onlyOnce(() => home.stop());
  // What a step waits for may never come: with the processes gone, every wait ends.
  signal.addEventListener('abort', () => void stop());
  let provider: (StoryProvider & { stop(): Promise<void> }) | undefined;
  try {
    stage.title('Sigilforge: sign in once, and every program gets a token that works.');
    stage.output(`All of it happens in ${home.folder}, which is removed at the end. Tokens are shortened.`);
    provider = await start();
    const scene = { provider, home, signal, byHand };
    await tellStory(scene);
    await more?.(scene);
  } catch (thrown) {
    throw interrupted.signal.aborted ? cancelled() : failed(thrown);
  } finally {
    await stop();
    await provider?.stop();
    for (const name of SIGNALS) process.off(name, interrupt);
  }
  stage.title(
    '\nThat is the main job, and nothing of it is left here. With a real provider it begins like this:',
  );
  stage.output('sigilforge add-account github work');
}

function onlyOnce(end: () => Promise<void>): () => Promise<void> {
  let ended: Promise<void> | undefined;
  return () => {
    ended ??= end();
    return ended;
  };
}

function cancelled(): SigilforgeError {
  return new SigilforgeError('cancelled', 'The quickstart was interrupted; everything is cleaned up.', {
    hint: 'Start it again with: sigilforge quickstart',
  });
}

function failed(thrown: unknown): SigilforgeError {
  const sentence = thrown instanceof Error ? thrown.message : String(thrown);
  return new SigilforgeError(
    'internal_error',
    `The quickstart failed at step ${stage.currentStep()}: ${sentence}`,
    { hint: 'Look for what it needs, and does not find, with: sigilforge doctor', cause: thrown },
  );
}
