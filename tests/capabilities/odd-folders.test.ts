import path from 'node:path';
import { expect, test } from 'vitest';
import { startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';

// What a caller may name as the folder of a capability by mistake, or to keep the daemon busy.

test.each(['/', '/proc', '/sys', '/dev', '/usr'])(
  '%s has no manifest, so nothing else of it is read',
  async (folder) => {
    const { api } = await stopAfter(startDaemon());
    await expect(api.registerCapability({ path: folder })).rejects.toMatchObject({
      kind: 'not_found',
      message: `${path.join(folder, 'manifest.json')} is not there.`,
    });
  },
);
