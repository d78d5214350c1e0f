import { beforeEach, describe, expect, test } from 'vitest';
import { weather, writeCapability } from '../support/capabilities.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';

// What is granted to a capability, and its secrets, by the commands that a person types.

const CANARY = 'canary-of-a-capability';
const TOKEN = 'auth://example/work/token';

let backend: DaemonBackend;
beforeEach(async () => {
  backend = await startDaemon();
  const folder = await writeCapability(`${backend.sandbox.home}/weather`, weather);
  await backend.api.registerCapability({ path: folder });
  return () => backend.stop();
});

const command = (args: readonly string[], input = '') =>
  backend.sandbox.run(['capability', ...args], { input });

describe('capability grant and revoke', () => {
  test('say what is granted then', async () => {
    expect(await command(['grant', 'weather', TOKEN])).toMatchObject({
      ...{ code: 0, stdout: '' },
      stderr: `sigilforge: weather may use: ${TOKEN}\n`,
    });
    expect(await command(['grant', 'weather', 'secret://weather/*', '--json'])).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout: `${JSON.stringify({ grants: [TOKEN, 'secret://weather/*'] })}\n`,
    });
    expect(await command(['revoke', 'weather', TOKEN])).toMatchObject({
      ...{ code: 0, stderr: 'sigilforge: weather now may use: secret://weather/*\n' },
    });
    expect(await command(['revoke', 'weather', TOKEN])).toMatchObject({
      ...{ code: 0, stderr: 'sigilforge: That was not granted. weather may use: secret://weather/*\n' },
    });
    expect(await command(['revoke', 'weather', 'secret://weather/*'])).toMatchObject({
      ...{ code: 0, stderr: 'sigilforge: weather now may use nothing.\n' },
    });
  });

  test('end as the contract says for what is not there, and for what is not a reference', async () => {
    expect(await command(['grant', 'absent', TOKEN])).toMatchObject({ code: 3 });
    expect(await command(['grant', 'weather', 'nonsense'])).toMatchObject({ code: 2 });
    expect(await command(['revoke', 'weather'])).toMatchObject({ code: 2 });
  });
});

describe('capability secret', () => {
  test('takes a value from standard input, and never shows it', async () => {
    const set = await command(['secret', 'set', 'weather', 'API_KEY'], `${CANARY}\n`);
    expect(set).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'sigilforge: The secret API_KEY of weather is stored.\n',
    });
    const outputs = [
      set,
      await command(['secret', 'list', 'weather']),
      await command(['secret', 'list', 'weather', '--json']),
      await command(['show', 'weather']),
      await command(['show', 'weather', '--json']),
    ];
    for (const output of outputs) {
      expect(output).toMatchObject({ code: 0 });
      expect(JSON.stringify(output)).not.toContain(CANARY);
    }
    expect(outputs[1]?.stdout).toContain('API_KEY');
    expect(await command(['secret', 'delete', 'weather', 'API_KEY'])).toMatchObject({
      ...{ code: 0, stderr: 'sigilforge: The secret API_KEY of weather is deleted.\n' },
    });
    expect(await command(['secret', 'delete', 'weather', 'API_KEY'])).toMatchObject({
      ...{ code: 0, stderr: 'sigilforge: weather has no secret API_KEY.\n' },
    });
    expect(await command(['secret', 'list', 'weather'])).toMatchObject({
      ...{ code: 0, stdout: '' },
      stderr: expect.stringContaining('weather has no secret.'),
    });
  });

  test('asks for it on a terminal, hidden', async () => {
    const asking = backend.sandbox.start(['capability', 'secret', 'set', 'weather', 'API_KEY'], {
      tty: true,
    });
    await asking.seen(/Secret/, 'stdout');
    asking.write(`${CANARY}\r`);
    const { code, stdout } = await asking.exited;
    expect(code).toBe(0);
    expect(stdout).toContain('The secret API_KEY of weather is stored.');
    expect(stdout).not.toContain(CANARY);
  });

  test('is text, and never an argument', async () => {
    expect(await command(['secret', 'set', 'weather', 'API_KEY', CANARY])).toMatchObject({ code: 2 });
    expect(await command(['secret', 'set', 'weather', 'API-KEY'], CANARY)).toMatchObject({ code: 2 });
    expect(await command(['secret', 'set', 'absent', 'API_KEY'], CANARY)).toMatchObject({ code: 3 });
    const { secrets } = await backend.api.listCapabilitySecrets({ name: 'weather' });
    expect(secrets).toEqual([]);
  });
});
