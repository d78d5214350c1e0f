import path from 'node:path';
import type { Core } from '../../daemon/core/core.js';
import { type Clock, systemClock } from '../../daemon/core/platform/clock.js';
import { parseConfig } from '../../shared/config.js';
import { writeCapability } from '../support/capabilities.js';
import { openTestCore } from '../support/start/core.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

/** The core in this process, with a clock that a test moves on. */
export interface AskingScene {
  readonly core: Core;
  readonly home: string;
  /** `passed`: milliseconds that are added to both clocks. */
  readonly clock: Clock & { passed: number };
  /** Registers a capability of this name. */
  register(name: string): Promise<void>;
}

/** Stopped when the running test ends. */
export async function askingScene(): Promise<AskingScene> {
  const sandbox = await createSandbox();
  const { home } = sandbox;
  const clock = {
    passed: 0,
    wall: () => systemClock.wall() + clock.passed,
    monotonic: () => systemClock.monotonic() + clock.passed,
  };
  // No browser is opened on the desktop of who runs the tests.
  const config = parseConfig('[vault]\nkey = "key_file"\n[asking]\ndesktop = false', 'config.toml');
  const core = await openTestCore(home, { clock, config });
  await stopAfter({
    async stop() {
      core.asking.secretRequests.close();
      await core.close();
      await sandbox.stop();
    },
  });
  const register = async (name: string): Promise<void> => {
    const manifest = { name, version: '1', run: { runner: 'node', entry: 'main.mjs' } };
    const files = { 'manifest.json': JSON.stringify(manifest), 'main.mjs': '' };
    await core.capabilities.registry.register(await writeCapability(path.join(home, 'made', name), files));
  };
  return { core, home, clock, register };
}
