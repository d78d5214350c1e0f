import { expectGood, finished, outlive, type Scene, sigilforge, TOKEN_LIFE } from './scene.js';
import * as stage from './stage.js';

const ACCOUNT = ['demo', 'ada'] as const;

/** The main job, step by step. Throws, with a sentence, at the first step that does not end as it should. */
export async function tellStory(scene: Scene): Promise<void> {
  meetProvider(scene);
  await startDaemon(scene);
  await setProvider(scene);
  await addAccount(scene);
  const first = await getToken(scene);
  await outliveToken(scene, first);
  await useKey(scene);
  await stopDaemon(scene);
  await askAtOnce(scene, await getTokenWithoutDaemon(scene));
}

function meetProvider({ provider }: Scene): void {
  stage.explain('A provider runs on this machine, in the place of GitHub, Google and the like.');
  stage.output(provider.issuer);
  stage.result(`${provider.introduction} Its tokens live ${TOKEN_LIFE} seconds, to let you see them expire.`);
}

async function startDaemon(scene: Scene): Promise<void> {
  stage.explain('The daemon starts. It keeps your accounts, and refreshes their tokens for every program.');
  await sigilforge(scene, ['daemon', 'start']);
}

async function setProvider(scene: Scene): Promise<void> {
  const { issuer, clientId } = scene.provider;
  stage.explain(
    'It learns of the provider: its address, a client id that is registered there, and what to ask for.',
  );
  const settings = ['--issuer', issuer, '--client-id', clientId, '--scopes', 'openid,offline_access'];
  await sigilforge(scene, ['provider', 'set', 'demo', ...settings]);
}

async function addAccount(scene: Scene): Promise<void> {
  scene.signal.throwIfAborted();
  const args = ['add-account', ...ACCOUNT];
  const line = `sigilforge ${args.join(' ')}`;
  if (scene.byHand) return signInByHand(scene, line, args);
  stage.explain('You sign in, once. A script stands in for you and your browser here, so just watch.');
  stage.command(line);
  const started = scene.home.start(args);
  await scene.provider.signIn(await started.seen(/^http:\S+$/m));
  finished(line, await started.ended);
  stage.result('The script opened the address, signed in as ada and gave its consent.');
}

async function signInByHand(scene: Scene, line: string, args: readonly string[]): Promise<void> {
  stage.explain('You sign in, once: press the button on the page that opens.');
  stage.command(line);
  const code = await scene.home.runOnTerminal(args);
  if (code !== 0) throw new Error(`${line} ended with exit status ${code}.`);
}

async function getToken(scene: Scene): Promise<string> {
  stage.explain('From now on every program gets a token that works.');
  const { stdout } = await sigilforge(scene, ['get-token', ...ACCOUNT]);
  const token = stdout.trim();
  await expectGood(scene, token);
  return token;
}

async function outliveToken(scene: Scene, first: string): Promise<void> {
  stage.explain('The token expires. The next caller gets a new one, without another sign-in.');
  await outlive(scene, first);
  const { stdout } = await sigilforge(scene, ['get-token', ...ACCOUNT]);
  const token = stdout.trim();
  if (token === first) throw new Error('The token that expired was handed out again.');
  await expectGood(scene, token);
}

async function stopDaemon(scene: Scene): Promise<void> {
  stage.explain('The daemon ends. The accounts stay where they are, sealed in a database.');
  await sigilforge(scene, ['daemon', 'stop']);
}

/** Nothing is refreshed ahead of time any more, so what comes now can be counted. */
async function getTokenWithoutDaemon(scene: Scene): Promise<string> {
  stage.explain('Without a daemon each program answers itself, from the same vault.');
  const { stdout } = await sigilforge(scene, ['get-token', ...ACCOUNT]);
  const token = stdout.trim();
  await expectGood(scene, token);
  return token;
}

async function askAtOnce(scene: Scene, last: string): Promise<void> {
  stage.explain(
    'The token expires, and two of them ask at once. There is one refresh, and both get its token.',
  );
  await outlive(scene, last);
  const before = scene.provider.refreshes();
  scene.signal.throwIfAborted();
  const args = ['get-token', ...ACCOUNT];
  const line = `sigilforge ${args.join(' ')}`;
  stage.command(`${line} & ${line} & wait`);
  const ends = await Promise.all([scene.home.run(args), scene.home.run(args)]);
  const [one, other] = ends.map((end) => finished(line, end).stdout.trim());
  if (one === undefined || one !== other) throw new Error('The two programs got different tokens.');
  const refreshes = scene.provider.refreshes() - before;
  if (refreshes !== 1) throw new Error(`The two programs cost ${refreshes} refreshes.`);
  await expectGood(scene, one);
  stage.result('The provider was sent its refresh token once. Twice, and many providers end the sign-in.');
}

/** What the program of this step does: it shows that it has the key, and then prints it by mistake. */
const PROGRAM = 'const k = process.env.API_KEY; console.log(k.length, "characters:", k)';

async function useKey(scene: Scene): Promise<void> {
  stage.explain('Services without a sign-in have API keys. They are kept in the same place.');
  const key = `demo-key-${Math.random().toString(36).slice(2, 12)}`;
  await sigilforge(scene, ['secret', 'set', 'weather/key'], {
    typed: 'secret set weather/key        # asks for it, hidden; here it is piped in',
    input: key,
  });
  stage.explain('A program gets it by exec, for as long as it runs. What it prints by mistake is masked.');
  const reference = ['--env', 'API_KEY=secret://weather/key'];
  const { stdout } = await sigilforge(scene, ['exec', ...reference, '--', process.execPath, '-e', PROGRAM], {
    typed: `exec ${reference.join(' ')} -- node -e '${PROGRAM}'`,
  });
  if (!stdout.startsWith(`${key.length} `)) throw new Error('The program did not get the key.');
  if (stdout.includes(key)) throw new Error('The key was not masked.');
}
