import path from 'node:path';
import type { ResultOf } from '../../shared/contract/index.js';
import { writeCapability } from '../support/capabilities.js';
import { type BackendOptions, type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';

/** A daemon, and capabilities in Python whose programs do what a test says. */
export interface CapabilityScene extends DaemonBackend {
  /** Registers one whose `run(args, context)` has this body. */
  add(name: string, body?: string, manifest?: object): Promise<void>;
  /** Runs one to its end. */
  run(name: string, args?: object): Promise<ResultOf<'run_capability'>>;
}

/** Stopped when the running test ends. */
export async function capabilityScene(options: BackendOptions = {}): Promise<CapabilityScene> {
  const backend = await stopAfter(startDaemon(options));
  const { api, sandbox } = backend;
  return {
    ...backend,
    async add(name, body = 'return ""', manifest = {}) {
      const folder = path.join(sandbox.home, `made-${name}`);
      const all = { name, version: '1.0.0', run: { runner: 'python', entry: 'main.py' }, ...manifest };
      await writeCapability(folder, {
        'manifest.json': JSON.stringify(all),
        'main.py': `import hashlib, json\ndef run(args, context):\n    ${body.replaceAll('\n', '\n    ')}\n`,
      });
      await api.registerCapability({ path: folder });
    },
    run: (name, args = {}) => api.runCapability({ name, args, wait: true }),
  };
}
