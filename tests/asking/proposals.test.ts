import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { capabilityScene } from '../capabilities/scene.js';
import { weather, writeCapability } from '../support/capabilities.js';
import { backends, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { type AskingScene, askingScene } from './scene.js';

const GRANT = 'secret://team/a';
const DAY_MS = 24 * 3_600_000;

interface Setting extends AskingScene {
  propose(reference?: string, reason?: string, name?: string): Promise<string>;
  /** What waits for a person, as references and reasons. */
  waiting(): [grant: string, reason: string][];
  granted(name?: string): Promise<string[]>;
}

/** A core with the capability `weather`, and one called `other`. */
async function setting(): Promise<Setting> {
  const scene = await askingScene();
  const { core } = scene;
  await scene.register('weather');
  await scene.register('other');
  const { registry, granted } = core.capabilities;
  const { proposals } = core.asking;
  return {
    ...scene,
    propose: async (reference = GRANT, reason = 'To ask.', name = 'weather') =>
      (await proposals.propose(name, { reference, reason })).proposal_id,
    waiting: () => proposals.list({}).proposals.map(({ grant, reason }) => [grant, reason]),
    granted: (name = 'weather') => granted.of(registry.idOf(name)),
  };
}

describe('a proposal', () => {
  test('waits in its usual spelling, with a sentence of ours', async () => {
    const { core, propose } = await setting();
    const { proposals } = core.asking;
    const reason = 'To read the issues.\u001b[2J';
    const answer = await proposals.propose('weather', {
      ...{ reference: 'auth://GitHub/work/access_token', reason },
    });
    expect(answer).toEqual({
      proposal_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      message: 'weather asks for auth://github/work/token. Decide with: sigilforge capability proposals',
    });
    await propose('secret://team/*', 'More.', 'other');
    expect(proposals.list({}).proposals).toMatchObject([
      {
        ...{ id: answer.proposal_id, capability: 'weather', grant: 'auth://github/work/token', reason },
        ...{ proposed_at: expect.stringMatching(/Z$/), covers: [], covers_count: 0 },
      },
      { capability: 'other', grant: 'secret://team/*' },
    ]);
    expect(proposals.list({ capability: 'other' }).proposals).toMatchObject([{ capability: 'other' }]);
    expect(() => proposals.list({ capability: 'absent' })).toThrow(
      expect.objectContaining({ kind: 'not_found' }),
    );
  });

  test.each(['nonsense', 'env://PATH', 'secret://', 'vals:ref+echo://*', 'auth://a/b/pass word'])(
    'is a reference: not %s',
    async (reference) => {
      const { propose, waiting } = await setting();
      await expect(propose(reference)).rejects.toMatchObject({ kind: 'invalid_reference' });
      expect(waiting()).toEqual([]);
    },
  );

  test('is for a capability that is there', async () => {
    const { propose } = await setting();
    await expect(propose(GRANT, 'x', 'absent')).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('is not stored for one that is removed meanwhile', async () => {
    const { core, home, propose } = await setting();
    const { registry } = core.capabilities;
    const [proposed] = await Promise.allSettled([propose(), registry.remove(registry.idOf('weather'))]);
    expect(proposed).toMatchObject({ status: 'rejected', reason: { kind: 'not_found' } });
    expect(stored.proposalIds(home)).toEqual([]);
  });

  test('of what is granted, also by a wider grant, says so', async () => {
    const { core, propose, waiting } = await setting();
    await core.capabilities.granted.grant('weather', 'secret://team/*');
    for (const reference of [GRANT, 'secret://team/*'])
      await expect(propose(reference)).rejects.toMatchObject({
        ...{ kind: 'already_exists', message: 'It is granted already.' },
        hint: expect.stringContaining('ask again in the next run'),
      });
    expect(waiting()).toEqual([]);
    await propose('secret://*/*', 'Wider.');
    await propose(GRANT, 'Of another.', 'other');
    expect(waiting()).toHaveLength(2);
  });

  test('is judged by what is proven', async () => {
    const { core, home, propose } = await setting();
    await core.capabilities.granted.grant('weather', GRANT);
    stored.alterOwn(home, 'capability_grants', "seal = x'02'");
    await expect(propose()).rejects.toMatchObject({ kind: 'integrity' });
    await core.vault.lock();
    await expect(propose()).rejects.toMatchObject({ kind: 'vault_locked' });
  });

  test('that comes again while it waits is the same, with the newer reason', async () => {
    const { propose, waiting, core } = await setting();
    const first = await propose(GRANT, 'Old.');
    await propose('secret://team/b');
    const [{ proposed_at } = expect.fail()] = core.asking.proposals.list({}).proposals;
    expect(await propose(GRANT, 'New.')).toBe(first);
    expect(waiting()).toEqual([
      [GRANT, 'New.'],
      ['secret://team/b', 'To ask.'],
    ]);
    expect(core.asking.proposals.list({}).proposals[0]).toMatchObject({ id: first, proposed_at });
  });

  test('is one of at most five of a capability', async () => {
    const { core, propose, waiting } = await setting();
    for (let index = 0; index < 5; index++) await propose(`secret://many/${index}`);
    await expect(propose()).rejects.toMatchObject({
      ...{ kind: 'limit_exceeded', hint: expect.stringContaining('sigilforge capability proposals') },
    });
    await propose('secret://many/3', 'Again.');
    await propose(GRANT, 'Of another.', 'other');
    const [{ id } = expect.fail()] = core.asking.proposals.list({}).proposals;
    await core.asking.proposals.decline(id);
    await propose();
    expect(waiting()).toHaveLength(6);
  });

  test('is one of at most 500 in all', async () => {
    const { core, home, propose } = await setting();
    await propose();
    stored.insertProposals(home, 499);
    await expect(propose(GRANT, 'x', 'other')).rejects.toMatchObject({ kind: 'limit_exceeded' });
    // By page, each once, in their order.
    const ids: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = core.asking.proposals.list({ cursor });
      ids.push(...page.proposals.map(({ id }) => id));
      if (page.cursor === null) break;
      cursor = page.cursor;
    }
    expect(ids).toHaveLength(500);
    expect(ids).toEqual([...ids].sort());
  });
});

describe('a person who accepts', () => {
  test('grants it with proof, once', async () => {
    const { core, propose, waiting, granted } = await setting();
    const { proposals } = core.asking;
    const id = await propose();
    expect(await proposals.accept(id)).toEqual({ capability: 'weather', grants: [GRANT] });
    expect(await granted()).toEqual([GRANT]);
    expect(waiting()).toEqual([]);
    const absent = {
      ...{ kind: 'not_found', message: 'There is no such proposal.' },
      hint: expect.stringContaining('sigilforge capability proposals'),
    };
    await expect(proposals.accept(id)).rejects.toMatchObject(absent);
    await expect(proposals.decline(id)).rejects.toMatchObject(absent);
    expect(core.capabilities.registry.describe('weather').grants).toContainEqual({
      ...{ grant: GRANT, asked_for: false, granted_at: expect.any(String) },
    });
  });

  test('grants nothing without the vault, and it waits on', async () => {
    const { core, propose, waiting } = await setting();
    const id = await propose();
    await core.vault.lock();
    await expect(core.asking.proposals.accept(id)).rejects.toMatchObject({ kind: 'vault_locked' });
    expect(waiting()).toEqual([[GRANT, 'To ask.']]);
  });

  test('twice at once grants once', async () => {
    const { core, propose, granted } = await setting();
    const { proposals } = core.asking;
    const id = await propose();
    const outcomes = await Promise.allSettled([proposals.accept(id), proposals.accept(id)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await granted()).toEqual([GRANT]);
  });

  test('just behind one who declines grants nothing', async () => {
    const { core, propose, granted } = await setting();
    const { proposals } = core.asking;
    const id = await propose();
    const [declined, accepted] = await Promise.allSettled([proposals.decline(id), proposals.accept(id)]);
    expect(declined).toMatchObject({ status: 'fulfilled', value: true });
    expect(accepted).toMatchObject({ status: 'rejected', reason: { kind: 'not_found' } });
    expect(await granted()).toEqual([]);
  });

  test('grants nothing to one that took the name meanwhile', async () => {
    const { core, home, propose, waiting, granted } = await setting();
    const { registry } = core.capabilities;
    const id = await propose(GRANT, 'x', 'other');
    const [, accepted] = await Promise.allSettled([
      registry.remove(registry.idOf('other')),
      core.asking.proposals.accept(id),
    ]);
    expect(accepted).toMatchObject({ status: 'rejected', reason: { kind: 'not_found' } });
    await registry.register(path.join(home, 'made', 'other'));
    expect(waiting()).toEqual([]);
    expect(await granted('other')).toEqual([]);
    await expect(core.asking.proposals.accept(id)).rejects.toMatchObject({ kind: 'not_found' });
  });
});

describe('a person who declines', () => {
  test('is not asked for the same again within a day', async () => {
    const { core, home, clock, propose, waiting } = await setting();
    const { proposals } = core.asking;
    const id = await propose();
    expect(await proposals.decline(id)).toBe(true);
    expect(await proposals.decline(id)).toBe(false);
    expect(waiting()).toEqual([]);
    await expect(proposals.accept(id)).rejects.toMatchObject({ kind: 'not_found' });
    clock.passed += DAY_MS - 60_000;
    await expect(propose()).rejects.toMatchObject({
      ...{ kind: 'denied', message: 'A person declined it.' },
      hint: expect.stringMatching(/^It may be proposed again after \d{4}-.*Z\.$/),
    });
    await propose(GRANT, 'Of another.', 'other');
    clock.passed += 60_000;
    expect(await propose(GRANT, 'Again.')).not.toBe(id);
    expect(waiting()).toEqual([
      [GRANT, 'Of another.'],
      [GRANT, 'Again.'],
    ]);
    expect(stored.proposalIds(home)).not.toContain(id);
  });

  test('of an id that is not there is told so', async () => {
    const { core } = await setting();
    const id = '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d';
    await expect(core.asking.proposals.decline(id)).rejects.toMatchObject({ kind: 'not_found' });
  });
});

describe.each(backends)('by $name', ({ start }) => {
  test('what a proposal would allow is shown: at most 20 of it, and the count', async () => {
    const { api, sandbox } = await stopAfter(start());
    await api.registerCapability({
      path: await writeCapability(path.join(sandbox.home, 'weather'), weather),
    });
    const capability = 'weather';
    for (const account of ['one', 'two'])
      await api.addAccount({ service: 'keys', account, credential: { api_key: 'a key' } });
    await api.setSecret({ key: 'team/a', value: 'x' });
    for (let index = 10; index < 35; index++) await api.setSecret({ key: `many/${index}`, value: 'x' });
    stored.damage(sandbox.home, 'two', 'scopes');
    for (const reference of ['auth://keys/*/*', 'secret://many/*', 'secret://team/a', 'secret://absent'])
      await api.proposeGrant({ capability, reference, reason: 'To ask.' });
    const { proposals } = await api.listProposals();
    expect(proposals.map(({ grant, covers, covers_count }) => [grant, covers, covers_count])).toEqual([
      ['auth://keys/*/*', ['auth://keys/one/api_key', 'auth://keys/two/api_key'], 2],
      ['secret://many/*', Array.from({ length: 20 }, (_, index) => `secret://many/${index + 10}`), 25],
      ['secret://team/a', ['secret://team/a'], 1],
      ['secret://absent', [], 0],
    ]);
    const [first = expect.fail(), second = expect.fail()] = proposals;
    expect(await api.acceptProposal({ proposal_id: first.id })).toEqual({
      ...{ capability, grants: ['auth://keys/*/*'] },
    });
    expect(await api.declineProposal({ proposal_id: second.id })).toEqual({ declined: true });
    expect((await api.listProposals({ capability })).proposals).toHaveLength(2);
    await api.removeCapability({ name: capability });
    expect(await api.listProposals()).toEqual({ proposals: [], cursor: null });
    expect(stored.proposalIds(sandbox.home)).toEqual([]);
  });
});

test('without a run, the capability is named', async () => {
  const { api } = await stopAfter(startDaemon());
  await expect(api.proposeGrant({ reference: GRANT, reason: 'x' })).rejects.toMatchObject({
    ...{ kind: 'invalid_params', message: expect.stringContaining('capability is missing') },
  });
});

describe('a run that was denied something', () => {
  /** Asks for a secret and, if that is denied, proposes it, with a secret of its own in the reason. */
  const BODY = `import os, socket
door = socket.socket(socket.AF_UNIX)
door.connect(os.environ["SIGILFORGE_SOCKET"])
lines = door.makefile("rw")
def call(method, params):
    lines.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\\n")
    lines.flush()
    answer = json.loads(lines.readline())
    return answer["result"] if "result" in answer else answer["error"]["data"]["kind"]
got = call("get_secret", {"key": "team/a"})
if got != "denied":
    return "got it"
reason = "For " + context["secrets"]["OWN"]
asked = call("propose_grant", {"reference": "secret://team/a", "reason": reason})
if len(args.get("go", "")) > 0:
    print(json.dumps(asked))
    import time
    while not os.path.exists(args["go"]):
        time.sleep(0.01)
return json.dumps([asked, call("get_secret", {"key": "team/a"})])`;

  test('proposes it; the next run gets what was accepted, this one does not', async () => {
    const scene = await capabilityScene();
    const { api, sandbox } = scene;
    await api.setSecret({ key: 'team/a', value: 'the secret of the team' });
    await scene.add('asker', BODY, { required_secrets: [{ name: 'OWN' }] });
    await api.setCapabilitySecret({ name: 'asker', key: 'OWN', value: 'canary-in-a-reason' });
    const go = path.join(sandbox.home, 'go');
    const { run } = await api.runCapability({ name: 'asker', args: { go } });
    const proposals = async () => (await api.listProposals()).proposals;
    await expect.poll(proposals, { timeout: 20_000 }).toHaveLength(1);
    const [proposal = expect.fail()] = await proposals();
    // What is stored holds no secret of the run.
    expect(proposal).toMatchObject({ capability: 'asker', grant: GRANT, reason: 'For [redacted]' });
    await api.acceptProposal({ proposal_id: proposal.id });
    writeFileSync(go, '');
    const over = await api.waitRun({ run_id: run.id });
    expect(JSON.parse(over.response ?? '')).toEqual([
      {
        proposal_id: proposal.id,
        message: `asker asks for ${GRANT}. Decide with: sigilforge capability proposals`,
      },
      'denied',
    ]);
    expect(await scene.run('asker')).toMatchObject({ response: 'got it' });
  });
});
