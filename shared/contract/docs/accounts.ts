import { FlowKind } from '../../schemas.js';
import { AccountDetails, AccountInfo, type accounts, Credential, FlowStarted } from '../accounts.js';
import { ASKS_PROVIDER, accountTexts, cursorTexts, EXAMPLE, nextPageText, OPENS_VAULT } from './common.js';
import { type NamedType, namedChoice, namedObject, type TextsOf } from './types.js';

const NOTICES =
  'Sentences for the person about a sign-in that worked: that no refresh token came and when the account will end, or that another person signed in than before. Usually empty.';

const accountInfoTexts = {
  id: 'The id of the account; a new sign-in keeps it.',
  service: accountTexts.service,
  account: accountTexts.account,
  kind: '`oauth`: tokens from a provider; `api_key`: a stored key that does not expire.',
  provider: 'The id of the provider that it signed in with; `null` for an API key.',
  scopes: 'The scopes that the provider granted.',
  state:
    '`ok`: the token is valid or can be refreshed; `needs_auth`: a person has to sign in again; `parked`: imported from another vault and not yet taken over.',
  created_at: 'When the account was added.',
  last_used: 'When its token was last handed out, or the account was added; `null` if that is not known.',
  expires_at: 'When the access token expires; `null` if it does not, or the provider did not say.',
};

export const accountTypes: Readonly<Record<string, NamedType>> = {
  AccountInfo: namedObject(AccountInfo, 'An account, without its token.', accountInfoTexts),
  AccountDetails: namedObject(AccountDetails, 'An account, without its token, and what else hangs on it.', {
    ...accountInfoTexts,
    issued_by:
      'Where its tokens come from, such as `https://github.com`: the origin of the token endpoint. `null` for an API key.',
    revoked_with:
      'The other accounts, as `service/account`, whose grants end if this one is revoked: the provider then ends every grant of the client for the same person. Usually empty.',
    fields:
      'What the provider sent beside the tokens, by the names in its `answer_fields` and `redirect_fields`: `auth://SERVICE/ACCOUNT/NAME` resolves each. Left out while the vault cannot be opened.',
  }),
  FlowStarted: namedObject(
    FlowStarted,
    'A sign-in that has started, or the account if no person is needed.',
    {
      flow_id:
        'The id for `wait_flow`, `complete_flow` and `cancel_flow`; `null` if the sign-in is already complete. The sign-in ends with the last connection that began it or waits for it.',
      flow: 'The flow that was chosen.',
      message: 'A sentence that tells the person what to do; `null` if there is nothing to do.',
      authorization_url: 'The address to open in a browser; `null` if the flow has none.',
      user_code: 'The code to enter at `verification_uri`; `null` unless the flow is `device_code`.',
      verification_uri:
        'The address where the person enters `user_code`; `null` unless the flow is `device_code`.',
      verification_uri_complete:
        'The same address with the code already in it; `null` if the provider sends none.',
      expires_at: 'When the sign-in times out; `null` if it is already complete.',
      interval_s: 'Seconds between two polls of the provider; `null` unless the flow is `device_code`.',
      scopes: 'The scopes that the person is asked for; empty if none are named, or no person is needed.',
      account: 'The account if the sign-in needed no person, otherwise `null`.',
      notices: NOTICES,
    },
  ),
  Credential: {
    schema: Credential,
    text: 'What a flow that needs no person signs in with. Each flow takes one of these shapes.',
    parts: {
      api_key: { text: 'For `api_key`.', fields: { api_key: 'The key itself.' } },
      refresh_token: {
        text: 'For `import`.',
        fields: {
          refresh_token: 'A refresh token that another program obtained. It is used once to prove it.',
        },
      },
      client_id: {
        text: 'For `client_credentials`.',
        fields: {
          client_id: 'The client id, for this account only.',
          client_secret: 'The client secret, for this account only.',
        },
      },
      private_key: {
        text: 'For `jwt_bearer`.',
        fields: {
          private_key: 'The private key in PEM, or the whole JSON key file of a Google service account.',
          key_id: 'The `kid` of the key in the header of the assertion.',
          issuer: 'The `iss` of the assertion. A Google key file names its own.',
          subject: 'The `sub` of the assertion: the user to act for.',
        },
      },
      app_id: {
        text: 'For `github_app`.',
        fields: {
          app_id: 'The id of the GitHub App.',
          installation_id: 'The id of its installation.',
          private_key: 'The private key of the app, in PEM.',
        },
      },
    },
  },
  FlowKind: namedChoice(FlowKind, 'A way to sign in.', {
    authorization_code: 'A browser on this machine, with PKCE (RFC 6749, section 4.1; RFC 7636; RFC 8252).',
    device_code: 'A code entered on any device (RFC 8628).',
    client_credentials: 'A client id and secret, without a person (RFC 6749, section 4.4).',
    jwt_bearer: 'An assertion signed with a private key (RFC 7523).',
    github_app: 'Installation tokens of a GitHub App.',
    import: 'A refresh token that another program obtained.',
    api_key: 'A key that is stored as it is.',
  }),
};

const exampleAccount: AccountInfo = {
  id: EXAMPLE.accountId,
  service: 'example',
  account: 'work',
  kind: 'oauth',
  provider: 'example',
  scopes: ['openid', 'profile'],
  state: 'ok',
  created_at: EXAMPLE.created,
  last_used: EXAMPLE.used,
  expires_at: EXAMPLE.expires,
};
const newAccount: AccountInfo = { ...exampleAccount, last_used: EXAMPLE.created };

const flowId = 'The id that `add_account` returned.';

export const accountMethods: TextsOf<typeof accounts> = {
  add_account: {
    params: {
      ...accountTexts,
      scopes: "The scopes to ask for; the provider's `default_scopes` if left out.",
      flow: "How to sign in; the provider's best flow that `credential` fits if left out.",
      provider: 'The id of the provider; the same as `service` if left out.',
      replace:
        'Whether to replace an account that exists. It keeps what it has until the new sign-in is stored.',
      credential: 'What a flow that needs no person signs in with.',
      issuer: 'The issuer of a self-managed host or tenant, in place of the one of the provider.',
      client_id: 'A client id for this account, in place of the one of the provider.',
      params:
        'More parameters for every request of the sign-in that they make sense in, such as `audience`, `resource` or `login_hint`. Refreshes repeat `audience` and `resource` (RFC 8707, section 2.2).',
      without_refresh:
        'Whether to replace an account even if that loses a refresh token: the sign-in brought none, and the account has one. Otherwise the sign-in fails with `already_exists`, and the account keeps what it has.',
    },
    result: 'The sign-in to wait for, or the account.',
    errors: ['not_found', 'already_exists', ...ASKS_PROVIDER, ...OPENS_VAULT],
    example: {
      params: { service: 'example', account: 'work', flow: 'authorization_code', replace: true },
      result: {
        flow_id: EXAMPLE.flowId,
        flow: 'authorization_code',
        message: 'Open the address in a browser and sign in.',
        authorization_url:
          'https://id.example.org/authorize?response_type=code&client_id=native&state=b2f1c4d8',
        user_code: null,
        verification_uri: null,
        verification_uri_complete: null,
        expires_at: EXAMPLE.expires,
        interval_s: null,
        scopes: ['repo'],
        account: null,
        notices: [],
      },
    },
    rfcs: [
      [6749, '4.1'],
      [7636, '4'],
      [8252, '7.3'],
      [8628, '3.1'],
      [7523, '2.1'],
      [8707, '2'],
    ],
  },
  wait_flow: {
    params: { flow_id: flowId, timeout_s: 'Seconds to wait; 0 only asks for the state.' },
    result: {
      text: 'The state of the sign-in.',
      fields: {
        state: '`pending`: the person has not finished; `complete`: the account is stored.',
        account: 'The account once the sign-in is complete, otherwise `null`.',
        notices: NOTICES,
      },
    },
    errors: ['not_found', 'already_exists', ...ASKS_PROVIDER, ...OPENS_VAULT],
    example: {
      params: { flow_id: EXAMPLE.flowId, timeout_s: 60 },
      result: { state: 'complete', account: newAccount, notices: [] },
    },
  },
  complete_flow: {
    params: {
      flow_id: flowId,
      redirect_url: 'The address that the browser was redirected to, with its `code` and `state`.',
    },
    result: { text: 'The account that was stored.', fields: { account: 'The account.', notices: NOTICES } },
    errors: ['not_found', 'already_exists', ...ASKS_PROVIDER, ...OPENS_VAULT],
    example: {
      params: { flow_id: EXAMPLE.flowId, redirect_url: EXAMPLE.redirectUrl },
      result: { account: newAccount, notices: [] },
    },
    rfcs: [
      [6749, '4.1.2'],
      [9207, '2'],
    ],
  },
  cancel_flow: {
    params: { flow_id: flowId },
    result: {
      text: 'Whether there was something to cancel. If several callers began the same sign-in, it ends when the last of them cancels it or disconnects.',
      fields: { cancelled: 'Whether the sign-in was still in progress.' },
    },
    errors: ['not_found'],
    example: { params: { flow_id: EXAMPLE.flowId }, result: { cancelled: true } },
  },
  list_accounts: {
    params: { service: 'Only accounts of this service; all of them if left out.', ...cursorTexts },
    result: {
      text: 'A page of accounts: at most 64 KiB of them.',
      fields: { accounts: 'The accounts, sorted by service and account.', cursor: nextPageText },
    },
    errors: ['integrity'],
    example: { params: { service: 'example' }, result: { accounts: [exampleAccount], cursor: null } },
  },
  get_account: {
    params: accountTexts,
    result: 'The account.',
    errors: ['not_found', 'integrity'],
    example: {
      params: { service: 'example', account: 'work' },
      result: { ...exampleAccount, revoked_with: [], issued_by: 'https://login.example.com', fields: {} },
    },
  },
  remove_account: {
    params: {
      ...accountTexts,
      revoke:
        'Whether to revoke the grant at the provider first. If that fails, the account is removed nevertheless.',
    },
    result: {
      text: 'What was done.',
      fields: {
        removed: 'Whether the account was removed.',
        revoked: 'Whether the provider confirmed that the grant is revoked.',
        notices: 'Sentences for the person: which other accounts may have ended with it. Usually empty.',
      },
    },
    errors: ['not_found', ...OPENS_VAULT],
    example: {
      params: { service: 'example', account: 'work', revoke: true },
      result: { removed: true, revoked: true, notices: [] },
    },
    rfcs: [[7009, '2.1']],
  },
};
