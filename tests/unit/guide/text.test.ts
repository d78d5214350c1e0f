import { describe, expect, test } from 'vitest';
import { guideCommands, guideLines } from '../../../cli/provider/guide/text.js';
import { wantedFor } from '../../../cli/provider/guide/wanted.js';
import { pageLines } from '../../../cli/provider/overview.js';
import { stateOf } from '../../../cli/provider/state.js';
import { wrap } from '../../../cli/terminal/wrap.js';
import { builtinProviders } from '../../../daemon/core/providers/builtin/index.js';
import type { Provider } from '../../../shared/provider.js';
import { provider } from '../../support/samples.js';

const builtin: Provider[] = [...builtinProviders.values()].map((facts) => ({
  ...facts,
  client_id: null,
  has_client_secret: false,
  source: 'builtin',
  configured: false,
}));

const github: Provider = {
  ...provider,
  register_url: 'https://github.com/settings/applications/new',
  register_steps: ['Paste {redirect_uri} into "Authorization callback URL".', 'Press "Register".'],
};

const own: Provider = {
  ...provider,
  id: 'corp',
  name: 'corp',
  source: 'stored',
  client_secret: 'optional',
  flows: ['authorization_code', 'device_code', 'import', 'api_key'],
  refresh: { ...provider.refresh, issued: 'unknown' },
};

/** What fits into one word cannot be broken. */
const tooWide = (lines: readonly string[]): string[] =>
  lines.filter(
    (line) =>
      line.length > 80 &&
      line
        .trim()
        .replace(/^(\d+\.|[\w ]+:) +/, '')
        .includes(' '),
  );

describe('the guide', () => {
  test('has the page on a line of its own, the redirect URI and the steps', () => {
    expect(guideLines(github, wantedFor(github), 80)).toEqual([
      'GitHub needs a client of your own. Register it once, here:',
      '',
      '  https://github.com/settings/applications/new',
      '',
      'Its redirect URI:  http://127.0.0.1/callback',
      '',
      '  1. Paste http://127.0.0.1/callback into "Authorization callback URL".',
      '  2. Press "Register".',
    ]);
  });

  test('says what any authorization server has to know where nothing else is known', () => {
    expect(guideLines(own, wantedFor(own), 80)).toEqual([
      "corp needs a client of your own. Register it once, in the provider's settings",
      '(OAuth apps, clients or applications):',
      '',
      'Its redirect URI:  http://127.0.0.1/callback',
      '',
      '  1. Make a native (public) client, or one with a secret.',
      '  2. Paste that redirect URI. If the provider compares the port, too, register',
      '     http://127.0.0.1:8484/callback and run: sigilforge provider set corp',
      '     --redirect-uri http://127.0.0.1:8484/callback',
      '  3. Allow it authorization code with PKCE, device code and refresh tokens.',
    ]);
  });

  test('has no redirect URI where no browser comes back', () => {
    const device: Provider = { ...own, flows: ['device_code'] };
    expect(guideLines(device, wantedFor(device), 80).join('\n')).not.toMatch(/redirect/i);
  });

  test('names the parts of addresses that must be said, and those only', () => {
    const placed: Provider = {
      ...own,
      token_endpoint: 'https://{region}.example.org/{tenant}/token',
      address_params: { region: 'eu', shop: '' },
    };
    expect(wantedFor(placed).places).toEqual(['shop', 'tenant']);
    expect(wantedFor(placed, 'address_part', { shop: 'mine' })).toEqual({
      clientId: false,
      secret: 'none',
      places: ['tenant'],
    });
    expect(guideLines(placed, wantedFor(placed, 'address_part'), 80)).toEqual([
      'The addresses of corp have a part that you have to say: shop and tenant.',
    ]);
  });

  test('of a missing secret says where that stands', () => {
    expect(guideLines(github, wantedFor(github, 'client_secret'), 80)).toEqual([
      'GitHub wants the secret of this client. It stands where the client was',
      'registered:',
      '',
      '  https://github.com/settings/applications/new',
    ]);
  });

  test.each(builtin.map((known) => [known.id, known] as const))(
    'of %s fits with its questions on a screen of 24 lines by 80',
    (_, known) => {
      const lines = guideLines(known, wantedFor(known), 80);
      // An empty line, three questions, and the line of the command itself.
      expect(lines.length + 5).toBeLessThanOrEqual(24);
      expect(tooWide(lines)).toEqual([]);
      expect(lines.join('\n')).not.toContain('{');
      expect(lines).toContain(`  ${known.register_url}`);
    },
  );
});

describe('without a terminal the commands are named', () => {
  const next = 'sigilforge add-account github work';
  const cases: [what: string, changes: Partial<Provider>, lines: string[]][] = [
    [
      'with a secret',
      { client_secret: 'required' },
      ['  sigilforge provider set github --client-id ID --client-secret < secret.txt'],
    ],
    ['without one', { client_secret: 'forbidden' }, ['  sigilforge provider set github --client-id ID']],
    [
      'with or without',
      { client_secret: 'optional' },
      [
        '  sigilforge provider set github --client-id ID',
        '  sigilforge provider set github --client-secret < secret.txt   # if it has one',
      ],
    ],
    [
      'with a part of an address',
      { client_secret: 'forbidden', address_params: { shop: '' } },
      ['  sigilforge provider set github --client-id ID --param shop=VALUE'],
    ],
  ];
  test.each(cases)('%s', (_, changes, lines) => {
    const wanted = wantedFor({ ...github, ...changes });
    expect(guideCommands('github', wanted, next)).toEqual([...lines, `  ${next}`]);
  });
});

describe('a provider in a few words', () => {
  const cases: [state: string, changes: Partial<Provider>][] = [
    ['needs a client id and secret', {}],
    ['needs a client id', { client_secret: 'optional' }],
    ['needs the client secret', { configured: true }],
    ['ready', { configured: true, has_client_secret: true }],
    ['ready', { configured: true, client_secret: 'optional' }],
    ['ready', { public_client_id: 'ours' }],
    ['registers itself', { registration_endpoint: 'https://id.example.org/register' }],
    ['needs a client id, or registers itself', { source: 'stored', discovery: true }],
    ['needs no client', { flows: ['api_key', 'import'] }],
  ];
  test.each(cases)('%s', (state, changes) => {
    expect(stateOf({ ...provider, ...changes })).toBe(state);
  });
});

describe('the page of a provider', () => {
  test('has what a first sign-in needs, and the next command', () => {
    const page = pageLines({ ...github, notes: 'A note.' }, 80);
    expect(page).toEqual([
      'GitHub (github)',
      '',
      'State:        needs a client id and secret',
      'Register at:  https://github.com/settings/applications/new',
      'Redirect URI: http://127.0.0.1/callback (any port)',
      'Needs:        client id missing, secret missing',
      'Scopes:       asks for repo',
      'Sign-in:      with the browser; with a code on any device (--flow device_code)',
      'Notes:        A note.',
      '',
      'To register a client:',
      '  1. Paste http://127.0.0.1/callback into "Authorization callback URL".',
      '  2. Press "Register".',
      '',
      'Next:         sigilforge add-account github me',
    ]);
  });

  test('leaves the steps out once there is a client', () => {
    const page = pageLines({ ...github, configured: true, client_id: 'mine', has_client_secret: true }, 80);
    expect(page).toContain('Needs:        client id ✓, secret ✓');
    expect(page.join('\n')).not.toContain('To register');
  });

  test('names the secret as the next step where only that is missing', () => {
    const page = pageLines({ ...github, configured: true, client_id: 'mine' }, 80);
    expect(page.at(-1)).toBe('Next:         sigilforge provider set github --client-secret');
  });

  test('of what takes only keys says nothing about clients', () => {
    const page = pageLines({ ...github, flows: ['api_key'] }, 80).join('\n');
    expect(page).not.toMatch(/Register|Redirect|Needs/);
    expect(page).toContain('sigilforge add-account github me --api-key');
  });

  test.each(builtin.map((known) => [known.id, known] as const))('of %s is 80 columns wide', (_, known) => {
    expect(tooWide(pageLines(known, 80))).toEqual([]);
  });
});

test('long lines are wrapped under their first word, and addresses kept whole', () => {
  expect(wrap('one two three', 9, '1. ')).toEqual(['1. one', '   two', '   three']);
  expect(wrap(`see https://${'a'.repeat(20)}`, 10)).toEqual(['see', `https://${'a'.repeat(20)}`]);
});
