import { describe, expect, test } from 'vitest';
import type { ParamsOf } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import type { Provider } from '../../shared/provider.js';
import { account, address, flow, provider } from '../support/samples.js';
import { program } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type Answers, type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';
import { hasPython, onTerminal, Terminal } from '../support/start/terminal.js';

const page = 'https://github.com/settings/applications/new';
const github: Provider = {
  ...provider,
  register_url: page,
  register_steps: ['Paste {redirect_uri} into "Authorization callback URL".', 'Copy the "Client ID".'],
};
const ID = 'Iv1.0123456789abcdef';
const SECRET = '0123456789abcdef0123456789abcdef01234567';
const ENTER = '\r';
const CTRL_C = '\u0003';

const withoutId = new SigilforgeError('config', 'No client id is known for github.', {
  hint: 'Register a client.',
  needs: 'client_id',
});
const withoutSecret = new SigilforgeError('refresh_failed', 'GitHub refused: invalid_client.', {
  hint: 'Check the client.',
  needs: 'client_secret',
});

/** A daemon whose provider `entry` has no client until one is set. */
async function startWithout(entry: Provider = github, answers: Answers = {}): Promise<StubDaemon> {
  const set: Partial<ParamsOf<'set_provider'>> = {};
  const now = (): { provider: Provider } => {
    const client_id = set.client_id ?? entry.client_id;
    return {
      provider: {
        ...entry,
        ...{ client_id, configured: client_id !== null },
        has_client_secret: set.client_secret !== undefined || entry.has_client_secret,
      },
    };
  };
  return stopAfter(
    startStubDaemon({
      get_provider: now,
      set_provider: (params) => {
        Object.assign(set, params);
        return now();
      },
      add_account: ({ client_id }) => {
        if (client_id === undefined && now().provider.client_id === null) throw withoutId;
        return { ...flow, flow_id: null, account };
      },
      ...answers,
    }),
  );
}

const stored = ({ calls }: StubDaemon): unknown[] =>
  calls.flatMap(({ method, params }) => (method === 'set_provider' ? [params] : []));

describe.skipIf(!hasPython)('on a terminal of 24 lines by 80', () => {
  function start(daemon: StubDaemon, args: readonly string[]): Terminal {
    const size = ['sh', '-c', 'stty rows 24 cols 80; exec "$@"', 'sh'];
    // Named, so that there is a page to offer on a machine without a display.
    const env = { BROWSER: '/nowhere/browser' };
    return new Terminal(daemon.spawn(onTerminal([...size, ...program('sigilforge'), ...args]), { env }));
  }

  const add = ['add-account', 'github', 'work', '--no-browser'];

  test('a sign-in without a client asks for it, stores it and goes on', async () => {
    const daemon = await startWithout();
    const terminal = start(daemon, ['add-account', 'github', 'work']);
    await terminal.shown('Open that page in your browser\\? \\(y/N\\): ');
    terminal.type(`what${ENTER}`);
    await terminal.shown('Answer y or n\\.');
    terminal.type(`n${ENTER}`);
    await terminal.shown('Client id: ');
    terminal.type(`${SECRET}${ENTER}`);
    await terminal.shown('This looks like the secret\\. Paste the client id first\\.');
    terminal.type(`  "${ID}" ${ENTER}`);
    await terminal.shown('Client secret \\(hidden\\): ');
    terminal.type(ENTER);
    await terminal.shown('Paste the client secret, or press Ctrl-C to stop\\.');
    terminal.type(`${SECRET}${ENTER}`);
    await terminal.event(/exit 0/);
    const shown = await terminal.ended();
    const lines = shown.split(/\r?\n/);
    expect(lines).toContain(`  ${page}`);
    expect(lines).toContain('Its redirect URI:  http://127.0.0.1/callback');
    expect(lines).toContain('  1. Paste http://127.0.0.1/callback into "Authorization callback URL".');
    expect(shown).toContain('sigilforge: What you entered is stored for GitHub.');
    expect(shown).toContain('github/work');
    expect(shown.split(ENTER).slice(-12).join('')).not.toContain(SECRET);
    expect(stored(daemon)).toEqual([{ id: 'github', client_id: ID, client_secret: SECRET }]);
    expect(daemon.calls.map(({ method }) => method)).toEqual([
      ...['add_account', 'get_provider', 'set_provider', 'add_account'],
    ]);
  });

  test('a secret that is optional may be left out, and one that is forbidden is not asked for', async () => {
    const daemon = await startWithout({ ...github, client_secret: 'optional' });
    const terminal = start(daemon, add);
    await terminal.shown('Client id: ');
    terminal.type(`${ID}${ENTER}`);
    await terminal.shown('Client secret \\(hidden; Enter to go without\\): ');
    terminal.type(ENTER);
    await terminal.event(/exit 0/);
    const other = await startWithout({ ...github, client_secret: 'forbidden' });
    const second = start(other, add);
    await second.shown('Client id: ');
    second.type(`${ID}${ENTER}`);
    await second.event(/exit 0/);
    for (const one of [daemon, other]) expect(stored(one)).toEqual([{ id: 'github', client_id: ID }]);
    expect(await second.ended()).not.toContain('Client secret');
  });

  test.each([
    ['the page', [], 'Open that page'],
    ['the id', [ENTER], 'Client id: '],
    ['the secret', [ENTER, `${ID}${ENTER}`], 'Client secret'],
  ])('Ctrl-C at the question for %s stores nothing, and says so', async (_, typed, question) => {
    const daemon = await startWithout();
    const terminal = start(daemon, ['add-account', 'github', 'work']);
    for (const [index, text] of typed.entries()) {
      await terminal.shown(index === 0 ? 'Open that page' : 'Client id: ');
      terminal.type(text);
    }
    await terminal.shown(question);
    terminal.type(CTRL_C);
    await terminal.event(/exit 8/);
    const shown = await terminal.ended();
    expect(shown).toContain('This was cancelled, and nothing was stored.');
    expect(shown).toContain('Start again with: sigilforge add-account github work');
    expect(stored(daemon)).toEqual([]);
  });

  test('a secret that the server misses is asked for, and the sign-in begins again', async () => {
    const ends = [withoutSecret, { state: 'complete' as const, account, notices: [] }];
    const daemon = await startWithout(
      { ...github, client_secret: 'optional', client_id: ID, configured: true },
      {
        add_account: { ...flow, authorization_url: address },
        wait_flow: () => {
          const end = ends.shift();
          if (end === undefined || end instanceof SigilforgeError) throw end;
          return end;
        },
      },
    );
    const terminal = start(daemon, add);
    await terminal.shown('GitHub refused: invalid_client\\.[^]*Client secret \\(hidden\\): ');
    terminal.type(`${SECRET}${ENTER}`);
    await terminal.event(/exit 0/);
    expect(stored(daemon)).toEqual([{ id: 'github', client_secret: SECRET }]);
    expect(daemon.calls.filter(({ method }) => method === 'add_account')).toHaveLength(2);
  });

  test('what was asked for once and does not help is an error', async () => {
    const daemon = await startWithout(github, { add_account: withoutId });
    const terminal = start(daemon, add);
    await terminal.shown('Client id: ');
    terminal.type(`${ID}${ENTER}`);
    await terminal.shown('Client secret');
    terminal.type(`${SECRET}${ENTER}`);
    await terminal.event(/exit 2/);
    expect(await terminal.ended()).toContain('No client id is known for github.');
  });

  test('parts of addresses are asked for', async () => {
    const placed: Provider = { ...github, client_secret: 'forbidden', address_params: { shop: '' } };
    const daemon = await startWithout(placed);
    const terminal = start(daemon, add);
    await terminal.shown('Client id: ');
    terminal.type(`${ID}${ENTER}`);
    await terminal.shown('shop: ');
    terminal.type(`evil.example/${ENTER}`);
    await terminal.shown('Enter only that part');
    terminal.type(`mine${ENTER}`);
    await terminal.event(/exit 0/);
    expect(stored(daemon)).toEqual([{ id: 'github', client_id: ID, address_params: { shop: 'mine' } }]);
  });

  test('and where a sign-in lacks only them, nothing else', async () => {
    const withoutPart = new SigilforgeError('invalid_params', 'A part is missing.', {
      needs: 'address_part',
    });
    const placed: Provider = { ...github, client_id: ID, address_params: { shop: '' } };
    const ends = [withoutPart, { ...flow, flow_id: null, account }];
    const daemon = await startWithout(placed, {
      add_account: () => {
        const end = ends.shift();
        if (end === undefined || end instanceof SigilforgeError) throw end;
        return end;
      },
    });
    const terminal = start(daemon, ['add-account', 'github', 'work']);
    await terminal.shown('have a part that you have to say: shop\\.[^]*shop: ');
    terminal.type(`mine${ENTER}`);
    await terminal.event(/exit 0/);
    expect(stored(daemon)).toEqual([{ id: 'github', address_params: { shop: 'mine' } }]);
  });

  test('provider set without settings asks in the same way', async () => {
    const daemon = await startWithout();
    const terminal = start(daemon, ['provider', 'set', 'github']);
    await terminal.shown('Open that page');
    terminal.type(ENTER);
    await terminal.shown('Client id: ');
    terminal.type(`${ID}${ENTER}`);
    await terminal.shown('Client secret');
    terminal.type(`${SECRET}${ENTER}`);
    await terminal.event(/exit 0/);
    expect(stored(daemon)).toEqual([{ id: 'github', client_id: ID, client_secret: SECRET }]);
    expect(await terminal.ended()).toContain('Sign in with: sigilforge add-account github me');
  });

  test('provider set with an id whose secret is missing asks for that', async () => {
    const daemon = await startWithout();
    const terminal = start(daemon, ['provider', 'set', 'github', '--client-id', ID]);
    await terminal.shown('Client secret \\(hidden\\): ');
    terminal.type(CTRL_C);
    await terminal.event(/exit 8/);
    expect(await terminal.ended()).toContain('This was cancelled, and only the client id is set.');
    const second = start(daemon, ['provider', 'set', 'github', '--client-id', ID]);
    await second.shown('Client secret \\(hidden\\): ');
    second.type(`${SECRET}${ENTER}`);
    await second.event(/exit 0/);
    expect(stored(daemon).at(-1)).toEqual({ id: 'github', client_secret: SECRET });
  });

  test('provider show is a page, and with --all everything', async () => {
    const daemon = await startWithout();
    const short = start(daemon, ['provider', 'show', 'github']);
    await short.event(/exit 0/);
    const shown = await short.ended();
    expect(shown).toMatch(/^Register at: {2}https:\/\/github/m);
    expect(shown).not.toContain('authorize');
    const long = start(daemon, ['provider', 'show', 'github', '--all']);
    await long.event(/exit 0/);
    const whole = await long.ended();
    expect(whole).toMatch(/^Register at: {2}https:/m);
    expect(whole).toMatch(/^Authorization endpoint: +https:\/\/github/m);
  });
});

describe('without a terminal', () => {
  test('the same text comes before the error, with the commands to run', async () => {
    const daemon = await startWithout();
    const end = await daemon.run(['add-account', 'github', 'work']);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr.split('\n')).toEqual([
      'GitHub needs a client of your own. Register it once, here:',
      '',
      `  ${page}`,
      '',
      'Its redirect URI:  http://127.0.0.1/callback',
      '',
      '  1. Paste http://127.0.0.1/callback into "Authorization callback URL".',
      '  2. Copy the "Client ID".',
      '',
      'Then run:',
      '  sigilforge provider set github --client-id ID --client-secret < secret.txt',
      '  sigilforge add-account github work',
      'sigilforge: No client id is known for github.',
      '  hint: Register a client.',
      '',
    ]);
    expect(stored(daemon)).toEqual([]);
  });

  test('with --json there is only the error', async () => {
    const daemon = await startWithout();
    for (const args of [
      ['add-account', 'github', 'work'],
      ['provider', 'set', 'github'],
    ]) {
      const { code, stdout, stderr } = await daemon.run([...args, '--json']);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(JSON.parse(stderr)).toMatchObject({ error: { kind: 'config' } });
    }
  });

  test('another error has no guide', async () => {
    const daemon = await startWithout(github, {
      add_account: new SigilforgeError('config', 'Something else is wrong.', { hint: 'Mend it.' }),
    });
    const { stderr } = await daemon.run(['add-account', 'github', 'work']);
    expect(stderr).toBe('sigilforge: Something else is wrong.\n  hint: Mend it.\n');
  });

  test('a client of the sign-in itself takes the place of no other', async () => {
    const daemon = await startWithout(
      { ...github, client_id: 'other', configured: true },
      { add_account: withoutSecret },
    );
    const { stderr } = await daemon.run(['add-account', 'github', 'work', '--client-id', ID]);
    expect(stderr).toBe('sigilforge: GitHub refused: invalid_client.\n  hint: Check the client.\n');
  });

  test('provider set without settings sets nothing and does not say that it did', async () => {
    const daemon = await startWithout();
    const end = await daemon.run(['provider', 'set', 'github']);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toContain(`\n  ${page}\n`);
    expect(end.stderr).toContain('sigilforge: Nothing was set for GitHub: no option says what.\n');
    expect(end.stderr).not.toContain('is set');
    expect(stored(daemon)).toEqual([]);
    const keys = await startWithout({ ...github, flows: ['api_key'] });
    expect((await keys.run(['provider', 'set', 'github'])).stderr).toContain('GitHub needs no client');
  });

  test('provider set says that a secret is missing', async () => {
    const daemon = await startWithout();
    const end = await daemon.run(['provider', 'set', 'github', '--client-id', ID]);
    expect(end).toMatchObject({ code: 0, stdout: '' });
    expect(end.stderr).toBe(
      'sigilforge: The provider github is set.\nsigilforge: A client of GitHub needs its secret, too. Set it with: sigilforge provider set github --client-secret < secret.txt\n',
    );
  });

  test('provider list has own providers first, and more with --all', async () => {
    const { name, flows, default_scopes, source, configured, client_secret, has_client_secret } = provider;
    const { public_client_id, registration_endpoint, discovery } = provider;
    const facts = {
      ...{ name, flows, default_scopes, source, configured, client_secret, has_client_secret },
      ...{ public_client_id, registration_endpoint, discovery },
    };
    const daemon = await startWithout(github, {
      list_providers: {
        providers: [
          { ...facts, id: 'asana' },
          { ...facts, id: 'github', configured: true, has_client_secret: true },
          { ...facts, id: 'work', source: 'stored', client_secret: 'optional' },
        ],
        cursor: null,
      },
    });
    const { stdout, stderr } = await daemon.run(['provider', 'list']);
    expect(stderr).toBe('');
    expect(stdout).toBe(
      'work\tGitHub\tneeds a client id\ngithub\tGitHub\tready\nasana\tGitHub\tneeds a client id and secret\n',
    );
    const all = await daemon.run(['provider', 'list', '--all']);
    expect(all.stdout.split('\n')[0]).toBe(
      'work\tGitHub\tneeds a client id\tstored\tauthorization_code device_code',
    );
  });
});
