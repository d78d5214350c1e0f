import { chmod, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from '../../daemon/core/platform/config.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

async function configFile(): Promise<string> {
  const { home } = await stopAfter(createSandbox());
  const folder = path.join(home, 'config');
  await mkdir(folder, { mode: 0o755 });
  const file = path.join(folder, 'config.toml');
  await writeFile(file, '[daemon]\nlog_level = "debug"\n', { mode: 0o644 });
  return file;
}

test('a config that others may read, and a link to one, are as good as any', async () => {
  const file = await configFile();
  expect(readConfig(file).daemon.log_level).toBe('debug');
  const elsewhere = `${file}.real`;
  await rename(file, elsewhere);
  await symlink(elsewhere, file);
  expect(readConfig(file).daemon.log_level).toBe('debug');
});

test('a config that others may change is refused, with the command that mends it', async () => {
  const file = await configFile();
  await chmod(file, 0o666);
  expect(() => readConfig(file)).toThrow(
    expect.objectContaining({ kind: 'unsafe_path', hint: `Close it: chmod go-w '${file}'` }),
  );
  await chmod(file, 0o644);
  await chmod(path.dirname(file), 0o777);
  expect(() => readConfig(file)).toThrow(
    expect.objectContaining({ kind: 'unsafe_path', hint: `Close it: chmod go-w '${path.dirname(file)}'` }),
  );
});
