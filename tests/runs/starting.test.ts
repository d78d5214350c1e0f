import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Secret } from '../../shared/secret.js';
import { startLibrary } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type RunScene, runScene } from './scene.js';

// What a run needs before it starts. One that must not start leaves no row.

const PRINTS_KEY = `
import os
def run(args, context):
    return ",".join([context["secrets"].get("KEY", "none"), os.environ.get("TEAM_KEY", "none")])
`;
const GRANT = 'secret://team/key';

async function expectRefused(scene: RunScene, name: string, error: object): Promise<void> {
  const rows = scene.core.history.list({}).runs.length;
  await expect(scene.run(name)).rejects.toMatchObject(error);
  expect(scene.core.history.list({}).runs).toHaveLength(rows);
  expect(scene.doors).toHaveLength(rows);
}

test('grants and secrets that are missing are all named, with the commands that give them', async () => {
  const scene = await runScene();
  const manifest = {
    grants: [GRANT, 'auth://github/*/token'],
    required_secrets: [{ name: 'KEY' }, { name: 'OTHER' }],
  };
  await scene.python('needs', PRINTS_KEY, manifest);
  await expectRefused(scene, 'needs', {
    kind: 'denied',
    exitCode: 7,
    message: `needs cannot run without the grants ${GRANT}, auth://github/*/token, and the secrets KEY, OTHER.`,
    hint: expect.stringContaining(
      "sigilforge capability grant needs 'auth://github/*/token' ; sigilforge capability secret set needs KEY",
    ),
  });
  const { granted, ownSecrets } = scene.core.capabilities;
  await granted.grant('needs', GRANT);
  await granted.grant('needs', 'auth://*/*/token');
  await expectRefused(scene, 'needs', {
    kind: 'not_found',
    exitCode: 3,
    message: 'needs cannot run without the secrets KEY, OTHER.',
  });
  for (const key of ['KEY', 'OTHER'])
    await ownSecrets.set({ name: 'needs', key, value: 'a value', encoding: 'utf8' });
  expect(await scene.run('needs')).toMatchObject({ run: { status: 'completed' } });
});

test('a secret of its own and the value of a variable arrive, and neither is kept', async () => {
  const scene = await runScene();
  const manifest = { grants: [GRANT], env: { TEAM_KEY: GRANT }, required_secrets: [{ name: 'KEY' }] };
  await scene.python(
    'gets',
    `${PRINTS_KEY.replace('return ', 'value = ')}    print(value)\n    return value`,
    manifest,
  );
  await scene.core.capabilities.granted.grant('gets', GRANT);
  await scene.core.secrets.set({ key: 'team/key', value: 'team-canary-1', encoding: 'utf8' });
  const { ownSecrets } = scene.core.capabilities;
  await ownSecrets.set({ name: 'gets', key: 'KEY', value: 'own-canary-1', encoding: 'utf8' });
  const args = { hint: 'own-canary-1' };
  const { run, response } = await scene.run('gets', args);
  expect(run).toMatchObject({ status: 'completed' });
  const kept = JSON.stringify([run, response, scene.said(run.id, 'output')]);
  expect(kept).not.toMatch(/canary/);
  expect(scene.said(run.id, 'output')).toHaveLength(1);
});

test('what it got is in the record, by names', async () => {
  const scene = await runScene();
  const manifest = { grants: [GRANT], env: { TEAM_KEY: GRANT }, required_secrets: [{ name: 'KEY' }] };
  await scene.python('gets', PRINTS_KEY, manifest);
  await scene.core.capabilities.granted.grant('gets', GRANT);
  await scene.core.secrets.set({ key: 'team/key', value: 'a value', encoding: 'utf8' });
  await scene.core.capabilities.ownSecrets.set({
    name: 'gets',
    key: 'KEY',
    value: 'a value',
    encoding: 'utf8',
  });
  await scene.run('gets');
  const references = async () => {
    await scene.core.audit.settle();
    const { records } = await scene.core.trail.list({});
    return records.filter(({ method }) => method === 'run_capability').map(({ reference }) => reference);
  };
  await expect
    .poll(references, { timeout: 20_000 })
    .toEqual(expect.arrayContaining([GRANT, 'capability://gets/KEY']));
});

test('a reference of a variable that cannot be resolved keeps it from starting', async () => {
  const scene = await runScene();
  await scene.python('gets', PRINTS_KEY, { grants: [GRANT], env: { TEAM_KEY: GRANT } });
  await scene.core.capabilities.granted.grant('gets', GRANT);
  await expectRefused(scene, 'gets', { kind: 'not_found' });
  await scene.core.secrets.set({ key: 'team/key', value: 'AP8=', encoding: 'base64' });
  await expectRefused(scene, 'gets', {
    kind: 'invalid_params',
    message: `${GRANT} is not text, so TEAM_KEY cannot have it.`,
  });
});

test('one that is not active, one whose files were changed, and one that is not there', async () => {
  const scene = await runScene();
  await scene.python('sleeps', PRINTS_KEY, { active: false });
  await expectRefused(scene, 'sleeps', { kind: 'denied', message: 'sleeps is not active.' });
  await scene.python('changes', PRINTS_KEY);
  writeFileSync(path.join(scene.sandbox.home, 'made', 'changes', 'main.py'), '');
  await expectRefused(scene, 'changes', { kind: 'integrity', exitCode: 7 });
  await expectRefused(scene, 'absent', { kind: 'not_found' });
});

test('a run under way loses what is taken back, at once, and gets nothing new', async () => {
  const scene = await runScene();
  const { granted } = scene.core.capabilities;
  await scene.shell('stays', 'echo ready\nexec sleep 600\n', { grants: [] });
  await scene.python('other', PRINTS_KEY);
  for (const grant of [GRANT, 'secret://team/*']) await granted.grant('stays', grant);
  const id = await scene.start('stays');
  await scene.heard(id, 'ready');
  const [door] = scene.doors;
  expect(door).toMatchObject({ run: { capability: 'stays', runId: id }, isOpen: true });
  await granted.grant('stays', 'secret://new');
  await granted.revoke('other', GRANT);
  expect([...(door?.grants ?? [])].sort()).toEqual(['secret://team/*', GRANT].sort());
  await granted.revoke('stays', GRANT);
  expect(door?.grants).toEqual(['secret://team/*']);
  await scene.core.runs.cancel(id);
  expect(door?.isOpen).toBe(false);
});

test('what goes out through its door is redacted from then on', async () => {
  const scene = await runScene();
  await scene.shell(
    'says',
    'echo ready\nuntil [ -e go ]; do sleep 0.01; done\necho later-canary-9\necho \'{"type":"result","response":"later-canary-9"}\'\n',
  );
  const id = await scene.start('says');
  await scene.heard(id, 'ready');
  scene.doors[0]?.run.released(new Secret('later-canary-9'), 'utf8');
  writeFileSync(path.join(scene.sandbox.home, 'state', 'runs', id, 'go'), '');
  const { response } = await scene.wait(id);
  expect(response).not.toContain('canary');
  expect(scene.said(id, 'output').join()).not.toContain('canary');
});

test('removing a capability ends its runs first', async () => {
  const scene = await runScene();
  await scene.shell('stays', 'echo ready\nexec sleep 600\n');
  const [running, pending] = [await scene.start('stays'), await scene.start('stays')];
  await scene.heard(running, 'ready');
  await scene.core.runs.endAllOf(scene.core.capabilities.registry.find('stays').id);
  for (const id of [running, pending]) expect(scene.core.history.get(id).run.status).toBe('cancelled');
});

test('without a daemon there are no runs', async () => {
  const { api } = await stopAfter(startLibrary());
  await expect(api.runCapability({ name: 'any' })).rejects.toMatchObject({
    kind: 'daemon_unavailable',
    exitCode: 9,
  });
});

test('a copy that runs cannot be written, and stays as it was', async () => {
  const scene = await runScene();
  const code =
    'import os\ndef run(args):\n  here = os.path.dirname(__file__)\n  return here + " " + oct(os.stat(here).st_mode)[-3:] + oct(os.stat(__file__).st_mode)[-3:]';
  await scene.python('where', code);
  const { response } = await scene.run('where');
  const [folder = '', modes] = (response ?? '').split(' ');
  expect(modes).toBe('500400');
  expect(folder).toContain(path.join(scene.sandbox.home, 'state', 'capabilities'));
  expect(readFileSync(path.join(folder, 'main.py'), 'utf8')).toBe(code);
});
