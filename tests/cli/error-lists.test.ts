import path from 'node:path';
import { expect, test } from 'vitest';
import { writeCapability } from '../support/capabilities.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const FAULTS = `\
sigilforge: FOLDER/manifest.json has 3 faults:
    $.version: this is missing
    $.run.entry: this is missing
    $.colour: this is not known
`;

test('each fault of a manifest has its line, further in than the hint', async () => {
  const sandbox = await stopAfter(createSandbox());
  const manifest = { name: 'weather', run: { runner: 'python' }, colour: 'blue' };
  const folder = await writeCapability(path.join(sandbox.home, 'weather'), {
    'manifest.json': JSON.stringify(manifest),
  });
  const { code, stderr } = await sandbox.run(['--direct', '--quiet', 'capability', 'add', folder]);
  expect(code).toBe(2);
  const [message, ...hints] = stderr.replaceAll(folder, 'FOLDER').split(/^ {2}hint: /m);
  expect(message).toBe(FAULTS);
  expect(hints).toHaveLength(1);
});
