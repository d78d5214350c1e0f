import { expect, test } from 'vitest';
import { QUIET_CONFIG } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { canMount } from './small-disk.js';
import { type FragileScene, startOnOwnDisk } from './store-faults.js';

// The disk of the database has no space left while credentials are handed out.

async function started(config: string): Promise<FragileScene> {
  const scene = await stopAfter(startOnOwnDisk(config));
  await scene.api.setSecret({ key: 'b', value: 'x' });
  await scene.api.setSecret({ key: 'a', value: 'x' });
  return scene;
}

const releasedOf = (scene: FragileScene) =>
  stored.auditRows(scene.readable()).filter(({ outcome }) => outcome === 'released');

test.skipIf(!canMount())('a full disk is said once, and keeps nothing from being handed out', async () => {
  const scene = await started(QUIET_CONFIG);
  const mend = scene.breakStore();
  for (const key of ['a', 'b', 'a']) {
    expect(await scene.api.getSecret({ key })).toMatchObject({ value: 'x' });
    await expect.poll(() => scene.log, { timeout: 10_000 }).toContain('audit.not_written');
  }
  // Tried again while it is full.
  await expect(scene.api.setSecret({ key: 'c', value: 'x' })).rejects.toMatchObject({
    kind: 'store_unavailable',
  });
  await scene.api.listAudit();
  expect(scene.log.split('audit.not_written')).toHaveLength(2);
  mend();
  await expect.poll(() => scene.log, { timeout: 10_000 }).toContain('audit.written_again');
  expect(releasedOf(scene).map(({ reference }) => reference)).toEqual(['secret://a', 'secret://b']);
  expect(await scene.api.verifyAudit()).toMatchObject({ intact: true });
  scene.daemon.child.kill('SIGTERM');
  await scene.daemon.exited;
  expect(releasedOf(scene).map(({ count }) => count)).toEqual([1, 1, 1]);
});

test.skipIf(!canMount())('in strict mode nothing is handed out until there is space again', async () => {
  const scene = await started(`${QUIET_CONFIG}[audit]\nstrict = true\n`);
  const mend = scene.breakStore();
  for (let n = 0; n < 3; n++) {
    await expect(scene.api.getSecret({ key: 'a' })).rejects.toMatchObject({
      kind: 'store_unavailable',
      message: expect.stringContaining('could not be recorded'),
    });
  }
  await expect(scene.api.getSecret({ key: 'nothing' })).rejects.toMatchObject({ kind: 'not_found' });
  mend();
  expect(await scene.api.getSecret({ key: 'a' })).toMatchObject({ value: 'x' });
  expect(releasedOf(scene)).toHaveLength(1);
  expect(await scene.api.verifyAudit()).toMatchObject({ intact: true });
});
