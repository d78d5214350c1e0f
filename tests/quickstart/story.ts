import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { signIn } from '../support/provider/person.js';
import {
  expectGood,
  finished,
  outlive,
  PROGRAM,
  refreshes,
  runProgram,
  type Scene,
  sigilforge,
  TOKEN_LIFE,
} from './scene.js';
import * as stage from './stage.js';

/** The main job, step by step. Throws, with a sentence, at the first step that does not end as it should. */
export async function tellStory(scene: Scene): Promise<void> {
  await meetProvider(scene);
  await startDaemon(scene);
  await setProvider(scene);
  await addAccount(scene);
  const first = await getToken(scene);
  const second = await outliveToken(scene, first);
  await useLibrary(scene);
  await stopDaemon(scene);
  await goWithoutDaemon(scene, second);
}

async function meetProvider({ provider, sandbox }: Scene): Promise<void> {
  stage.explain('An OpenID provider runs on this machine, in the place of GitHub, Google and the like.');
  stage.output(provider.issuer);
  stage.result(`It is a real one. Its access tokens live ${TOKEN_LIFE} seconds, to let you see them expire.`);
  const config = path.join(sandbox.home, 'config');
  await mkdir(config, { mode: 0o700 });
  // A quickstart has no business in the keychain of the person who runs it.
  await writeFile(path.join(config, 'config.toml'), '[vault]\nkey = "key_file"\n', { mode: 0o600 });
}

async function startDaemon(scene: Scene): Promise<void> {
  stage.explain('The daemon starts. It keeps your accounts, and refreshes their tokens for every program.');
  const { stdout } = await sigilforge(scene, 'daemon', 'start');
  scene.sandbox.track(Number(/^pid\s+(\d+)$/m.exec(stdout)?.[1]));
}

async function setProvider(scene: Scene): Promise<void> {
  const { issuer, clients } = scene.provider;
  stage.explain(
    'It learns of the provider: its address, a client id that is registered there, and what to ask for.',
  );
  await sigilforge(
    scene,
    ...['provider', 'set', 'demo', '--issuer', issuer],
    ...['--client-id', clients.native.clientId, '--scopes', 'openid,offline_access'],
  );
}

async function addAccount(scene: Scene): Promise<void> {
  stage.explain('You sign in, once. A script stands in for you and your browser here, so just watch.');
  scene.signal.throwIfAborted();
  const line = 'sigilforge add-account demo ada';
  stage.command(line);
  const running = scene.sandbox.start(['add-account', 'demo', 'ada']);
  const [address] = await running.seen(/^http:\S+$/m);
  await signIn(address);
  finished(line, await running.exited);
  stage.result('The script opened the address, signed in as ada and gave its consent.');
}

async function getToken(scene: Scene): Promise<string> {
  stage.explain('From now on every program gets a token that works.');
  const { stdout } = await sigilforge(scene, 'get-token', 'demo', 'ada');
  const token = stdout.trim();
  await expectGood(scene, token);
  return token;
}

async function outliveToken(scene: Scene, first: string): Promise<string> {
  stage.explain('The token expires. The next caller gets a new one, without another sign-in.');
  await outlive(scene, first);
  const { stdout } = await sigilforge(scene, 'get-token', 'demo', 'ada');
  const token = stdout.trim();
  if (token === first) throw new Error('The token that expired was handed out again.');
  await expectGood(scene, token);
  stage.result(`The daemon made ${refreshes(scene)} refresh exchange with the provider behind the scenes.`);
  return token;
}

async function useLibrary(scene: Scene): Promise<void> {
  stage.explain('A program of yours asks through the client library, and the daemon answers.');
  stage.command('cat program.mjs');
  stage.output(await readFile(PROGRAM, 'utf8'));
  await runProgram(scene, 'daemon');
}

async function goWithoutDaemon(scene: Scene, last: string): Promise<void> {
  stage.explain('The token expires again, and no daemon runs: the library refreshes it in its place.');
  await outlive(scene, last);
  await runProgram(scene, 'direct');
  stage.result(`That makes ${refreshes(scene)} refresh exchanges in all, one for each token that expired.`);
}

async function stopDaemon(scene: Scene): Promise<void> {
  stage.explain('The daemon ends. The accounts stay where they are, sealed in a database.');
  await sigilforge(scene, 'daemon', 'stop');
}
