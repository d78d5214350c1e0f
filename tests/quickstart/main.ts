import { type OpenIdProvider, startOpenIdProvider } from '../support/provider/openid-provider.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { TOKEN_LIFE } from './scene.js';
import * as stage from './stage.js';
import { tellStory } from './story.js';

/** Milliseconds for all of it; it needs a quarter of that. */
const LIMIT = 45_000;

const interrupted = new AbortController();

async function main(): Promise<void> {
  const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(LIMIT)]);
  const sandbox = await createSandbox();
  // What a step waits for may never come: with the processes gone, every wait ends.
  signal.addEventListener('abort', () => void sandbox.stop());
  let provider: OpenIdProvider | undefined;
  try {
    stage.title('Sigilforge: sign in once, and every program gets a token that works.');
    stage.output(`All of it happens in ${sandbox.home}, which is removed at the end. Tokens are shortened.`);
    provider = await startOpenIdProvider({ accessTokenLife: TOKEN_LIFE });
    await tellStory({ provider, sandbox, signal });
  } finally {
    await cleanUp(sandbox);
    await provider?.stop();
  }
  signal.throwIfAborted();
  stage.title('\nThat is the main job. With a provider of the real world it begins like this:');
  stage.output(
    'sigilforge provider set github --client-id YOUR_CLIENT_ID\nsigilforge add-account github work',
  );
}

/** A daemon that was started in the very moment of an interruption is known by its socket alone. */
async function cleanUp(sandbox: Sandbox): Promise<void> {
  await sandbox.run(['daemon', 'stop']).catch(() => undefined);
  await sandbox.stop();
}

function describe(thrown: unknown): string {
  const sentence = thrown instanceof Error ? thrown.message : String(thrown);
  return `The quickstart failed at step ${stage.currentStep()}: ${sentence}`;
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => interrupted.abort());
}

main().catch((thrown: unknown) => {
  stage.failure(interrupted.signal.aborted ? 'Interrupted; everything is cleaned up.' : describe(thrown));
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
});
