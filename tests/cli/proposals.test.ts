import { beforeEach, describe, expect, test } from 'vitest';
import { weather, writeCapability } from '../support/capabilities.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import type { Running } from '../support/start/running.js';

// What a person does about the grants that capabilities ask for.

const GRANT = 'secret://team/*';
const REASON = 'To read\n\u001b[2Jsigilforge:    the team.';
const SAYS = 'weather says: To read  [2Jsigilforge: the team.';

let backend: DaemonBackend;
beforeEach(async () => {
  backend = await startDaemon();
  const folder = await writeCapability(`${backend.sandbox.home}/weather`, weather);
  await backend.api.registerCapability({ path: folder });
  for (const key of ['a', 'b', 'c', 'd', 'e'])
    await backend.api.setSecret({ key: `team/${key}`, value: 'x' });
  return () => backend.stop();
});

const command = (...args: readonly string[]) => backend.sandbox.run(['capability', 'proposals', ...args]);
const onTerminal = (...args: readonly string[]): Running =>
  backend.sandbox.start(['capability', 'proposals', ...args], { tty: true });

async function propose(reference = GRANT): Promise<string> {
  const { proposal_id } = await backend.api.proposeGrant({
    capability: 'weather',
    reference,
    reason: REASON,
  });
  return proposal_id;
}

const granted = async (): Promise<string[]> =>
  (await backend.api.getCapability({ name: 'weather' })).capability.grants
    .filter(({ granted_at }) => granted_at !== null)
    .map(({ grant }) => grant);

describe('the list', () => {
  test('says so if there is none', async () => {
    expect(await command()).toMatchObject({
      ...{ code: 0, stdout: '', stderr: 'sigilforge: No capability asks for a grant.\n' },
    });
  });

  test('has a line for each, with the words of the capability at its end', async () => {
    const [first, second] = [await propose(), await propose('auth://absent/work/token')];
    const { code, stdout, stderr } = await command();
    const allowed = 'secret://team/a, secret://team/b, secret://team/c and 2 more';
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t')),
    ).toEqual([
      [first, 'weather', GRANT, allowed, SAYS],
      [second, 'weather', 'auth://absent/work/token', 'nothing that is there now', SAYS],
    ]);
    const json = await command('--json');
    expect(JSON.parse(json.stdout)).toEqual(await backend.api.listProposals());
  });

  test('has those words on a line of their own on a terminal', async () => {
    const id = await propose();
    const { code, stdout } = await onTerminal().exited;
    expect(code).toBe(0);
    const [heading = '', row = '', words = ''] = stdout.split(/\r?\n/);
    expect(heading).toContain('WOULD ALLOW');
    expect(row).toMatch(new RegExp(`^${id} {2}weather +secret://team/\\* {2}secret://team/a, `));
    expect(words).toBe(`  ${SAYS}`);
  });
});

describe('accept', () => {
  test('shows on a terminal what it would allow, and asks', async () => {
    const id = await propose();
    const asking = onTerminal('accept', id);
    await asking.seen(/Grant it to weather\?/, 'stdout');
    expect(await granted()).toEqual([]);
    asking.write('y');
    const { code, stdout } = await asking.exited;
    expect(code).toBe(0);
    const lines = stdout.split(/\r?\n/);
    for (const line of [
      ...[`weather asks for ${GRANT}`, SAYS, 'It would allow:'],
      ...['  secret://team/a', '  secret://team/e', 'And what fits it and is added later.'],
    ])
      expect(lines).toContain(line);
    expect(stdout).toContain(`sigilforge: weather may use: ${GRANT}`);
    expect(await granted()).toEqual([GRANT]);
    // As `capability show` prints it.
    const { stdout: shown } = await backend.sandbox.run(['capability', 'show', 'weather']);
    expect(shown).toContain(`granted\t${GRANT}\n`);
  });

  test('leaves it waiting at no', async () => {
    const id = await propose();
    const asking = onTerminal('accept', id);
    await asking.seen(/Grant it to weather\?/, 'stdout');
    asking.write('\r');
    const { code, stdout } = await asking.exited;
    expect(code).toBe(7);
    expect(stdout).toContain(`sigilforge capability proposals decline ${id}`);
    expect(await granted()).toEqual([]);
    expect((await backend.api.listProposals()).proposals).toHaveLength(1);
  });

  test('needs --yes without a terminal', async () => {
    const id = await propose();
    expect(await command('accept', id)).toMatchObject({
      ...{ code: 2, stdout: '', stderr: expect.stringContaining('add --yes') },
    });
    expect(await granted()).toEqual([]);
    const accepted = await command('accept', id, '--yes', '--json');
    expect(accepted).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(accepted.stdout)).toEqual({ capability: 'weather', grants: [GRANT] });
    expect(await granted()).toEqual([GRANT]);
  });

  test('of what is not there ends with 3, on a terminal as well', async () => {
    const id = '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d';
    for (const end of [await command('accept', id, '--yes'), await onTerminal('accept', id).exited]) {
      expect(end.code).toBe(3);
      expect(`${end.stdout}${end.stderr}`).toContain('sigilforge capability proposals');
    }
    expect(await command('accept', 'x', '--yes')).toMatchObject({ code: 2 });
    expect(await command('accept')).toMatchObject({ code: 2 });
  });
});

describe('decline', () => {
  test('grants nothing, and says so a second time', async () => {
    const id = await propose();
    expect(await command('decline', id)).toMatchObject({
      ...{ code: 0, stdout: '', stderr: 'sigilforge: Declined. Nothing was granted.\n' },
    });
    expect(await command('decline', id)).toMatchObject({
      ...{ code: 0, stderr: 'sigilforge: It was declined already.\n' },
    });
    expect(await command('decline', id, '--json')).toMatchObject({ stdout: '{"declined":false}\n' });
    expect(await command('accept', id, '--yes')).toMatchObject({ code: 3 });
    expect(await command('decline', '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d')).toMatchObject({ code: 3 });
    expect(await granted()).toEqual([]);
  });
});

test('all of it works without a daemon', async () => {
  const id = await propose();
  await backend.api.shutdown();
  await backend.daemon.exited;
  expect(await command('--quiet')).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
  expect(await command('accept', id, '--yes', '--quiet')).toMatchObject({ code: 0 });
  expect((await backend.sandbox.run(['capability', 'show', 'weather'])).stdout).toContain(
    `granted\t${GRANT}\n`,
  );
});
