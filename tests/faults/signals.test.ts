import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../../client/index.js';
import type { AccessToken } from '../../shared/contract/index.js';
import { ACCOUNT, SERVICE, signInExpired, work } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import { holdAnswer } from '../support/provider/faults.js';
import type { RunningDaemon } from '../support/start/sandbox.js';
import { type Scene, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import { listenOnLoopback } from '../support/wire/loopback.js';
import { WireClient } from '../support/wire/wire-client.js';
import { type BuiltProgram, buildProgram } from './build-program.js';

// The provider has spent the refresh token, its answer is still on its way, and the process is asked to end.

const LIMIT = 60_000;
const POLITE = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

let programs: { library: BuiltProgram; request: BuiltProgram };
let scene: Scene;
let release: () => void;
let reached: Promise<void>;

beforeAll(async () => {
  programs = { library: await buildProgram('library-user'), request: await buildProgram('one-request') };
});
afterAll(async () => {
  await programs.library.stop();
  await programs.request.stop();
});

beforeEach(async () => {
  scene = await startScene();
  await signInExpired(scene);
  const answer = gate();
  release = answer.open;
  ({ reached } = scene.proxy.plan(holdAnswer(answer.opened), { grantType: 'refresh_token' }));
  return () => scene.stop();
});

describe('the daemon', () => {
  test.each(POLITE)(
    'stores the answer before it ends by %s',
    async (signal) => {
      const asking = scene.api.getToken(work);
      await reached;
      scene.daemon.child.kill(signal);
      await logged(scene.daemon, '"daemon.stopping"');
      release();
      await expectEndAndToken((await asking).access_token);
    },
    LIMIT,
  );

  test(
    'stores the answer before it ends by the wire',
    async () => {
      const asking = scene.api.getToken(work);
      await reached;
      expect(await scene.api.shutdown()).toEqual({ stopping: true });
      await logged(scene.daemon, '"daemon.stopping"');
      release();
      await expectEndAndToken((await asking).access_token);
    },
    LIMIT,
  );

  test(
    'waits for an exchange longer than for its callers',
    async () => {
      const asking = scene.api.getToken(work);
      await reached;
      scene.daemon.child.kill('SIGTERM');
      await expect(asking).rejects.toMatchObject({ kind: 'daemon_unavailable' });
      expect(scene.daemon.child.exitCode).toBeNull();
      release();
      await expectEndAndToken();
    },
    LIMIT,
  );

  test(
    'goes on for a caller that gives up',
    async () => {
      const impatient = await connect({ socket: scene.daemon.socket, timeout: 300 });
      await expect(impatient.getToken(work)).rejects.toMatchObject({ kind: 'timeout' });
      await reached;
      await impatient.close();
      await expectJoined();
    },
    LIMIT,
  );

  test(
    'goes on for a caller that is gone',
    async () => {
      const wire = await WireClient.connect(scene.daemon.socket);
      wire.send(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'get_token', params: work })}\n`);
      await reached;
      await wire.stop();
      await expectJoined();
    },
    LIMIT,
  );
});

describe('the library', () => {
  test.each(POLITE)(
    'in the CLI stores the answer, and %s ends the process then',
    async (signal) => {
      const cli = scene.sandbox.start(['get-token', SERVICE, ACCOUNT, '--direct'], { input: '' });
      await reached;
      // Nobody can hurry it.
      for (let times = 0; times < 2; times++) {
        cli.child.kill(signal);
        await delivered(cli.pid);
      }
      release();
      expect(await cli.exited).toEqual({ code: null, signal, stdout: '', stderr: '' });
      await expectActive(await scene.api.getToken(work));
      expect(scene.exchanges).toBe(1);
    },
    LIMIT,
  );

  test(
    'in any program stores the answer, and the signal ends the process then',
    async () => {
      const program = scene.sandbox.spawn(programs.library.command, { input: '' });
      await reached;
      program.child.kill('SIGTERM');
      await delivered(program.pid);
      release();
      expect(await program.exited).toMatchObject({ code: null, signal: 'SIGTERM', stdout: '' });
      await expectActive(await scene.api.getToken(work));
      expect(scene.exchanges).toBe(1);
    },
    LIMIT,
  );

  test(
    'leaves a signal to a program that minds it',
    async () => {
      const program = scene.sandbox.spawn([...programs.library.command, 'mindful'], { input: '' });
      await reached;
      program.child.kill('SIGTERM');
      await program.seen(/minded\n/, 'stdout');
      release();
      const { access_token } = await scene.api.getToken(work);
      expect(await program.exited).toMatchObject({ code: 0, stdout: `minded\n${access_token}\n` });
      expect(scene.exchanges).toBe(1);
    },
    LIMIT,
  );
});

test(
  'an answer that came while the process was stopped counts, though its time is over',
  async () => {
    const answer = gate();
    const asked = gate();
    const sent = gate();
    const server = await stopAfter(
      listenOnLoopback(async (_, response) => {
        asked.open();
        await answer.opened;
        response.end('good', () => sent.open());
      }),
    );
    const limitMs = 1_000;
    const program = scene.sandbox.spawn([...programs.request.command, server.url, String(limitMs)], {
      input: '',
    });
    await asked.opened;
    program.child.kill('SIGSTOP');
    answer.open();
    await sent.opened;
    // Nothing tells when a stopped process is out of time, but the time itself.
    await delay(limitMs);
    program.child.kill('SIGCONT');
    expect(await program.exited).toMatchObject({ code: 0, stdout: '200 good\n' });
  },
  LIMIT,
);

/** The daemon ends as it was asked to, and the next one has the new token without another exchange. */
async function expectEndAndToken(answered?: string): Promise<void> {
  expect(await scene.daemon.exited).toMatchObject({ code: 0, signal: null });
  await scene.sandbox.startDaemon();
  const token = await scene.api.getToken(work);
  if (answered !== undefined) expect(token.access_token).toBe(answered);
  await expectActive(token);
  expect(scene.exchanges).toBe(1);
}

/** Whoever asks meanwhile waits for the same exchange. */
async function expectJoined(): Promise<void> {
  const asking = scene.api.getToken(work);
  release();
  await expectActive(await asking);
  expect(scene.exchanges).toBe(1);
}

async function expectActive({ access_token }: AccessToken): Promise<void> {
  expect(await scene.provider.introspect(access_token)).toMatchObject({ active: true });
}

/** Waits until the daemon has written this to its log. */
async function logged({ child, exited }: RunningDaemon, words: string): Promise<void> {
  let text = '';
  const seen = new Promise<void>((resolve) => {
    child.stderr?.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes(words)) resolve();
    });
  });
  const ended = exited.then(() => expect(text).toContain(words));
  await Promise.race([seen, ended]);
}

/** Waits until no signal is on its way to a process any more; only Linux tells. */
async function delivered(pid: number): Promise<void> {
  if (process.platform !== 'linux') return;
  await expect.poll(() => readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^ShdPnd:\t0+$/m);
}
