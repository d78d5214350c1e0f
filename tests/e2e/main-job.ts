import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { startOpenIdProvider } from '../support/provider/openid-provider.js';
import { signIn } from '../support/provider/person.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { ASKS_AS_COMMONJS, ASKS_AS_MODULE, ASKS_LIBRARY } from './consumers.js';

/** An installation of the package, and how its user runs things there. */
export interface Installed {
  /** The project it was installed into, where the user's programs lie. */
  readonly folder: string;
  /** The command that runs a program of the package, such as `sigilforge`. */
  program(name: string): readonly string[];
  /** The command that runs a file by Node. */
  readonly node: readonly string[];
  /** Whether programs of that folder can import the package, which they cannot if it is installed globally. */
  readonly hasLibrary?: boolean;
  /** Variables that this takes, besides the sandbox's own. */
  readonly env?: NodeJS.ProcessEnv;
}

/** What every user of the package does: set up a provider, sign in, get a token, by CLI and library, daemon or not. */
export async function runMainJob(installed: Installed): Promise<void> {
  const provider = await stopAfter(startOpenIdProvider());
  const sandbox = await stopAfter(createSandbox());
  const options = { input: '', cwd: installed.folder, env: installed.env ?? {} };
  const start = (name: string, ...args: string[]) =>
    sandbox.spawn([...installed.program(name), ...args], options);
  const sigilforge = async (...args: string[]) => {
    const { code, stdout, stderr } = await start('sigilforge', ...args).exited;
    expect({ args, code, stderr }).toMatchObject({ code: 0 });
    return stdout;
  };
  const expectPrinted = async (name: string, source: string, expected: string) => {
    if (installed.hasLibrary === false) return;
    const file = path.join(installed.folder, name);
    await writeFile(file, source);
    const { stdout, stderr } = await sandbox.spawn([...installed.node, file], options).exited;
    expect({ stdout, stderr }).toEqual({ stdout: expected, stderr: '' });
  };

  await start('sigilforged').seen(/"ready":true/, 'stdout');
  const { clientId } = provider.clients.native;
  const set = ['provider', 'set', 'demo', '--issuer', provider.issuer, '--client-id', clientId];
  await sigilforge(...set, '--scopes', 'openid,offline_access');
  const adding = start('sigilforge', 'add-account', 'demo', 'ada');
  const [address] = await adding.seen(/^http:\S+$/m);
  await signIn(address);
  await expect(adding.exited).resolves.toMatchObject({ code: 0, stdout: 'demo/ada\n' });

  const token = (await sigilforge('get-token', 'demo', 'ada')).trim();
  expect(await provider.introspect(token)).toMatchObject({ active: true });
  await expectPrinted('asks.mjs', ASKS_AS_MODULE, `daemon ${token}`);
  await expectPrinted('asks.cjs', ASKS_AS_COMMONJS, `daemon ${token}`);

  const pid = /^pid\t(\d+)$/m.exec(await sigilforge('daemon', 'restart'))?.[1];
  sandbox.track(Number(pid));
  expect((await sigilforge('get-token', 'demo', 'ada')).trim()).toBe(token);
  await sigilforge('daemon', 'stop');
  expect((await sigilforge('--direct', 'get-token', 'demo', 'ada')).trim()).toBe(token);
  await expectPrinted('asks.mjs', ASKS_AS_MODULE, `direct ${token}`);
  await expectPrinted('asks.cjs', ASKS_AS_COMMONJS, `direct ${token}`);
  await expectPrinted('library.mjs', ASKS_LIBRARY, token);
}
