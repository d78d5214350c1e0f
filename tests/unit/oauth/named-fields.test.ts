import { describe, expect, test } from 'vitest';
import { redirectFields } from '../../../daemon/core/oauth/answers/named-fields.js';
import { readTokenAnswer } from '../../../daemon/core/oauth/answers/token-answer.js';
import { answerOf, clientOf } from '../../support/provider/oauth-clients.js';

const TOKEN = 'a-token-of-many-letters';

/** The fields that are read of an answer. */
function fieldsOf(body: string | object, answer_fields: string[], provider = 'example') {
  const answer = readTokenAnswer(answerOf(body), { ...clientOf(provider), answer_fields }, 0);
  return answer.kind === 'tokens' ? answer.tokens.fields : answer;
}

describe('of an answer', () => {
  test.each<[what: string, value: unknown, read: string | undefined]>([
    ['text', 'https://acme.example.org', 'https://acme.example.org'],
    ['a number', 4_503_599_627, '4503599627'],
    ['a fraction', 1.5, '1.5'],
    ['true', true, 'true'],
    ['false', false, 'false'],
    ['nothing', undefined, undefined],
    ['null', null, undefined],
    ['no text', '', undefined],
    ['blanks', '  ', undefined],
    ['an object', { id: 'x' }, undefined],
    ['a list', ['x'], undefined],
    ['two lines', 'a\nb', undefined],
    ['a zero byte', 'a\0b', undefined],
    ['a sign that turns the line around', 'a\u202eb', undefined],
    ["Unicode's end of a line", 'a\u2028b', undefined],
    ['the longest text', 'x'.repeat(2048), 'x'.repeat(2048)],
    ['a longer text', 'x'.repeat(2049), undefined],
    ['a number that JSON has rounded', 2 ** 60, undefined],
  ])('%s', (_, value, read) => {
    const body = { access_token: TOKEN, instance_url: value };
    expect(fieldsOf(body, ['instance_url'])).toEqual(read === undefined ? {} : { instance_url: read });
  });

  test('only those that the entry names, under the names that it has for them', () => {
    const body = { access_token: TOKEN, instanceUrl: 'x', toString: 'own', other: 'y' };
    expect(fieldsOf(body, ['instance_url', 'toString', 'constructor'])).toEqual({
      instance_url: 'x',
      toString: 'own',
    });
    expect(fieldsOf(body, [])).toEqual({});
  });

  test('a form, whose values are all text', () => {
    expect(fieldsOf(`access_token=${TOKEN}&team_id=7`, ['team_id'])).toEqual({ team_id: '7' });
  });

  test('within objects, beside the object that the tokens stand in as well as in it', () => {
    const body = {
      ok: true,
      team: { id: 'T1', name: 'Acme' },
      list: [{ id: 'L1' }],
      authed_user: { id: 'U1', access_token: TOKEN, here: 'yes' },
    };
    const names = ['team.id', 'list.id', 'authed_user.id', 'here', 'team', 'team.id.more', 'none.id'];
    expect(fieldsOf(body, names, 'slack')).toEqual({
      'team.id': 'T1',
      'list.id': 'L1',
      'authed_user.id': 'U1',
      here: 'yes',
    });
  });

  test.each([
    ['the access token', { access_token: 'x', id: 'x' }],
    ['the refresh token', { access_token: TOKEN, refresh_token: 'r1', id: 'r1' }],
    ['the ID token', { access_token: TOKEN, id_token: 'i1', id: 'i1' }],
    ['another token of the answer', { access_token: TOKEN, bot: { bot_access_token: 'xoxb' }, id: 'xoxb' }],
    ['one in a list', { access_token: TOKEN, more: { tokens: ['t2'] }, id: 't2' }],
    ['one in an object', { access_token: TOKEN, refreshToken: { value: 't2' }, id: 't2' }],
    ['a secret', { access_token: TOKEN, client_secret: 's1', id: 's1' }],
    ['an address with a token', { access_token: TOKEN, id: `https://example.org/?t=${TOKEN}` }],
  ])('%s is not kept as a field', (_, body) => {
    expect(fieldsOf(body, ['id'])).toEqual({});
  });

  test('the type of the token is not secret', () => {
    expect(fieldsOf({ access_token: TOKEN, token_type: 'Bearer', id: 'Bearer' }, ['id'])).toEqual({
      id: 'Bearer',
    });
  });
});

test('of a redirect: those that the entry names, and neither its code nor its state', () => {
  const response = new URLSearchParams({
    ...{ code: 'the code', state: 'the state', realmId: '9130', other: 'x' },
    ...{ copied: 'the code', twin: 'the state', empty: '' },
  });
  const redirect_fields = ['realmId', 'copied', 'twin', 'empty', 'absent'];
  expect(redirectFields({ redirect_fields }, response, ['the code', 'the state'])).toEqual({
    realmId: '9130',
  });
});
