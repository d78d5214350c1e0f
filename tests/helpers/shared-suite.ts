import { describe, expect, test } from 'vitest';
import { SigilforgeError } from '../../shared/errors.js';
import { account, otherAccount, token } from '../support/samples.js';
import type { RunResult } from '../support/start/running.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type Answers, type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

/** A command that a program starts to be given credentials. */
export interface AnsweringCommand {
  readonly args: readonly string[];
  readonly input: string;
}

/** How a command is asked in each situation that every helper can be in, and where its program shows what went wrong. */
export interface HelperUnderTest {
  readonly name: string;
  /** Asks for what the account github/work has. */
  readonly known: AnsweringCommand;
  /** Asks for what nothing is set up for. */
  readonly unknown: AnsweringCommand;
  /** What no program sends, by what is wrong with it. */
  readonly bad: Readonly<Record<string, AnsweringCommand>>;
  /** What its program shows to a person. */
  readonly shown: (result: RunResult) => string;
  /** What its program reads where there is nothing to give. */
  readonly nothing: (result: RunResult) => string;
}

const ANSWERS: Answers = {
  list_accounts: { accounts: [account], cursor: null },
  get_account: (params) => ({ ...account, ...params, revoked_with: [], issued_by: 'https://github.com' }),
  get_token: token,
  get_secret: new SigilforgeError('not_found', 'There is no such secret.'),
  get_secrets: { secrets: [], cursor: null },
  list_secrets: { secrets: [], cursor: null },
};

/** The rows that are the same for every helper: a sentence where its program shows it, no answer, and no prompt. */
export function describeHelper({ name, known, unknown, bad, shown, nothing }: HelperUnderTest): void {
  const start = (answers: Answers = {}): Promise<StubDaemon> =>
    stopAfter(startStubDaemon({ ...ANSWERS, ...answers }));

  async function refused(command: AnsweringCommand, answers: Answers, env = {}): Promise<string> {
    const daemon = await start(answers);
    const result = await daemon.run(command.args, { input: command.input, env });
    expect(nothing(result)).toBe('');
    expect(result.code).not.toBe(0);
    expect(`${result.stdout}${result.stderr}`).not.toContain(token.access_token);
    return shown(result);
  }

  describe(`${name}, where there is nothing to give`, () => {
    test('nothing is set up for it', async () => {
      expect(await refused(unknown, {})).toMatch(/\S/);
    });

    test('there is no account', async () => {
      const none = new SigilforgeError('not_found', 'There is no account github/work.');
      const answers = { list_accounts: { accounts: [], cursor: null }, get_token: none };
      expect(await refused(known, answers)).toMatch(/no account|not found/);
    });

    test('two accounts fit', async () => {
      const answers = { list_accounts: { accounts: [account, otherAccount], cursor: null } };
      expect(await refused(known, answers)).toMatch(/github\/home|home/);
    });

    test('the vault is locked', async () => {
      const locked = new SigilforgeError('vault_locked', 'The vault is locked.');
      const answers = { list_accounts: locked, get_token: locked, get_secret: locked };
      expect(await refused(known, answers)).toContain('The vault is locked.');
    });

    test('a person is needed', async () => {
      const needed = new SigilforgeError('auth_required', 'github/work needs a new sign-in.');
      expect(await refused(known, { get_token: needed })).toContain('github/work needs a new sign-in.');
    });

    test('no daemon runs', async () => {
      const env = { SIGILFORGE_SOCKET: '/nonexistent/sigilforge.sock' };
      expect(await refused(known, {}, env)).toContain('No daemon listens');
    });

    test.each(Object.entries(bad))('%s', async (_, command) => {
      expect(await refused(command, {})).toMatch(/\S/);
    });
  });

  test(`${name} on a terminal asks no person`, async () => {
    const daemon = await start({ get_token: new SigilforgeError('auth_required', 'Sign in again.') });
    const command = `printf '%s' "$INPUT" | exec "$@"`;
    const words = ['sh', '-c', command, 'sh', process.execPath, cli, ...known.args];
    const result = await daemon.spawn(words, { tty: true, env: { INPUT: known.input } }).exited;
    expect(result.stdout).toContain('Sign in again.');
  });
}

const cli = new URL('../../dist/sigilforge.cjs', import.meta.url).pathname;
