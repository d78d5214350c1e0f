import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WireClient } from '../support/wire/wire-client.js';
import { type DoorScene, startDoorScene } from './scene.js';

// What is mistyped is answered with the name that was meant; not where that name was not granted.

let scene: DoorScene;
beforeAll(async () => {
  scene = await startDoorScene();
});
afterAll(() => scene.stop());

const hintOf = async (client: WireClient, method: string, params: object) => {
  const { error } = await client.call(method, params);
  return error?.data?.hint;
};
const owners = (method: string, params: object) => hintOf(scene.owner, method, params);

describe('the owner is told the nearest', () => {
  const grantde = { service: 'oauth', account: 'grantde' };

  test.each([
    ['get_token', 'get-token'],
    ['refresh_token', 'refresh-token'],
    ['token_info', 'token-info'],
    ['get_account', 'get-account'],
    ['remove_account', 'remove-account'],
  ])('account by %s', async (method, command) => {
    expect(await owners(method, grantde)).toBe(
      `Did you mean oauth/granted? Type: sigilforge ${command} oauth granted. Sign in with: sigilforge add-account oauth grantde`,
    );
    expect(await owners(method, { service: 'oaut', account: 'grantde' })).toBe(
      `Did you mean oauth/granted? Type: sigilforge ${command} oauth granted`,
    );
  });

  test('service of an account that is not there', async () => {
    const gihtub = { service: 'gihtub', account: 'me' };
    expect(await owners('get_token', gihtub)).toBe(
      'Did you mean github? Type: sigilforge add-account github me',
    );
    expect(await owners('add_account', gihtub)).toMatch(
      /^Did you mean github\? Type: sigilforge add-account github me\. If you have an API key for it: /,
    );
    expect(await owners('get_token', { service: 'github', account: 'me' })).toBe(
      'Sign in with: sigilforge add-account github me',
    );
  });

  test('reference', async () => {
    expect(await owners('resolve', { reference: 'auth://oauth/grnted/token' })).toBe(
      'Did you mean auth://oauth/granted/token?',
    );
    expect(await owners('resolve', { reference: 'secret://team/grnted' })).toBe(
      'Did you mean secret://team/granted?',
    );
    expect(await owners('resolve', { reference: 'secret://nothing/like/it' })).not.toContain('Did you mean');
  });

  test('secret and provider', async () => {
    expect(await owners('get_secret', { key: 'team/grnted' })).toMatch(
      /^Did you mean team\/granted\? Type: sigilforge secret get team\/granted\. List the secrets with: /,
    );
    expect(await owners('get_provider', { id: 'oaut' })).toMatch(
      /^Did you mean oauth\? Type: sigilforge provider show oauth\. /,
    );
    expect(await owners('set_provider', { id: 'githb', client_id: 'x' })).toMatch(
      /^Did you mean github\? Type: sigilforge provider set github\. /,
    );
  });
});

describe('a narrowed connection is told no name', () => {
  test('of an account, a secret or a reference, although what it asks for is granted', async () => {
    const client = await WireClient.connect(scene.backend.daemon.socket);
    const grants = [
      ...['auth://oauth/grantde/token', 'secret://team/grnted', 'auth://gihtub/me/token'],
      ...['auth://oauth/granted/token', 'secret://team/granted'],
    ];
    await client.call('restrict', { grants });
    const hints = [
      await hintOf(client, 'get_token', { service: 'oauth', account: 'grantde' }),
      await hintOf(client, 'token_info', { service: 'oauth', account: 'grantde' }),
      await hintOf(client, 'resolve', { reference: 'auth://oauth/grantde/token' }),
      await hintOf(client, 'get_secret', { key: 'team/grnted' }),
      await hintOf(client, 'resolve', { reference: 'secret://team/grnted' }),
      await hintOf(client, 'get_token', { service: 'gihtub', account: 'me' }),
    ];
    await client.stop();
    expect(hints).not.toContain(undefined);
    expect(hints.join()).not.toContain('Did you mean');
    expect(hints.join()).not.toMatch(/granted|github/);
  });
});
