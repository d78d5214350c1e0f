import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { SigilforgeError } from '../../shared/errors.js';
import { createFakeVals, type FakeVals } from '../support/fake-vals.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';

/** Every value of this file begins like this, whatever it is kept or answered as. */
const CANARY = 'Xq7zLeakXq7zLeak';
const FORMS = [
  CANARY,
  Buffer.from(CANARY).toString('base64').slice(0, 16),
  Buffer.from(CANARY).toString('hex'),
];

let backend: DaemonBackend;
let vals: FakeVals;

beforeAll(async () => {
  vals = createFakeVals();
  vi.stubEnv('PATH', vals.path);
  backend = await startDaemon({
    config: '[daemon]\nlog_level = "trace"\n[vals]\nenabled = true\ncache_ttl_s = 0',
  });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await backend.stop();
  vals.remove();
});

/** What another process finds in the files of this home. */
async function filesWithCanary(): Promise<string> {
  const patterns = FORMS.flatMap((form) => ['-e', form]);
  const { stdout } = await backend.sandbox.spawn(['grep', '-rlaF', ...patterns, backend.sandbox.home]).exited;
  return stdout;
}

function expectClean(text: string): void {
  for (const form of FORMS) expect(text).not.toContain(form);
}

test('a value is nowhere but where it was asked for: not in files, logs, errors, arguments or environments', async () => {
  const { api, sandbox, daemon } = backend;
  const value = `${CANARY} value`;
  const key = 'canary/key';
  const errors: unknown[] = [];
  const failing = async (call: Promise<unknown>): Promise<void> => {
    errors.push(
      await call.then(
        () => 'no error',
        (thrown: SigilforgeError) => [thrown.message, thrown.hint],
      ),
    );
  };

  await api.setSecret({ key, value });
  await api.setSecret({
    key: 'canary/bytes',
    value: Buffer.from(`\0${value}`).toString('base64'),
    encoding: 'base64',
  });
  expect(await sandbox.run(['secret', 'set', 'canary/cli'], { input: value })).toMatchObject({ code: 0 });
  expect(await api.getSecret({ key })).toMatchObject({ value });
  expect((await api.getSecrets({ prefix: 'canary/' })).secrets).toHaveLength(3);
  expectClean(JSON.stringify(await api.listSecrets({ prefix: 'canary/' })));
  expect(await api.resolve({ reference: `secret://${key}` })).toMatchObject({ value });
  expectClean(JSON.stringify(await api.resolve({ reference: `secret://${key}`, explain: true })));
  expect(await sandbox.run(['resolve', `secret://${key}`])).toMatchObject({ stdout: `${value}\n` });
  expect(await api.resolve({ reference: `ref+file://${valueFile(value)}` })).toMatchObject({ value });
  await failing(api.setSecret({ key, value: `${CANARY}\ud800` }));
  await failing(api.setSecret({ key, value: `${CANARY}!`, encoding: 'base64' }));
  await failing(api.setSecret({ key, value: CANARY.repeat(20_000) }));
  await failing(api.setSecret({ key, value: CANARY.repeat(40_000) }));
  await failing(api.setSecret({ key: `/${CANARY}`, value }));
  await failing(api.getSecret({ key: CANARY }));
  await failing(api.resolve({ reference: `secret://${CANARY}` }));
  await failing(api.listSecrets({ cursor: `${CANARY}!` }));
  await failing(api.listSecrets({ prefix: `/${CANARY}` }));
  await failing(api.resolve({ reference: `${CANARY}://x` }));
  await failing(api.resolve({ reference: `secret:///${CANARY}` }));
  await failing(api.resolve({ reference: 'ref+fail://x' }));
  await failing(api.resolveAll({ key: [`auth://${CANARY}`] }));
  expect(errors).not.toContain('no error');
  expectClean(JSON.stringify(errors));

  expect(await filesWithCanary()).toBe('');
  expectClean(processes());
  await api.setSecret({ key, value: 'another one' });
  await api.deleteSecret({ key: 'canary/bytes' });
  expect(await filesWithCanary()).toBe('');

  daemon.child.kill('SIGTERM');
  const { stdout, stderr } = await daemon.exited;
  expect(stderr).toContain('"event":"daemon.stopped"');
  expectClean(stdout + stderr);
});

/** Outside the home, as what vals reads. */
function valueFile(value: string): string {
  const file = `${vals.folder}/value`;
  writeFileSync(file, value);
  return file;
}

/** Arguments and environments of every process that this one may look at; on Linux alone there is such a place. */
function processes(): string {
  const pids = process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  return pids
    .filter((pid) => Number(pid) !== process.pid)
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => readIfAny(`/proc/${pid}/${file}`)))
    .join('\n');
}

function readIfAny(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
