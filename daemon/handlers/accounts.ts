import type { ResultOf } from '../../shared/contract/index.js';
import type { Core } from '../core/core.js';
import { timestamp } from '../core/platform/clock.js';
import type { Added } from '../core/sign-in/add-account.js';
import type { Handlers } from './handlers.js';

type Methods =
  | 'add_account'
  | 'wait_flow'
  | 'complete_flow'
  | 'cancel_flow'
  | 'list_accounts'
  | 'get_account'
  | 'remove_account';

export function accountHandlers({ accounts, addAccount, signIns }: Core): Pick<Handlers, Methods> {
  return {
    add_account: async (params, peer) => flowStarted(await addAccount.add(params, peer)),
    wait_flow: async ({ flow_id, timeout_s }, peer) => {
      const stored = await signIns.wait(flow_id, timeout_s, peer);
      return stored ? { state: 'complete', ...stored } : { state: 'pending', account: null, notices: [] };
    },
    complete_flow: ({ flow_id, redirect_url }) => signIns.complete(flow_id, redirect_url),
    cancel_flow: ({ flow_id }, peer) => ({ cancelled: signIns.cancel(flow_id, peer.gone) }),
    list_accounts: ({ service, cursor }) => {
      const page = accounts.list(service, cursor);
      return { accounts: page.items, cursor: page.cursor };
    },
    get_account: ({ service, account }) => accounts.describe(service, account),
    remove_account: (params) => accounts.remove(params),
  };
}

function flowStarted({ flow, waiting, stored }: Added): ResultOf<'add_account'> {
  const prompt = waiting?.prompt;
  return {
    flow_id: waiting?.id ?? null,
    flow,
    message: prompt?.message ?? null,
    authorization_url: prompt?.authorizationUrl ?? null,
    user_code: prompt?.userCode ?? null,
    verification_uri: prompt?.verificationUri ?? null,
    verification_uri_complete: prompt?.verificationUriComplete ?? null,
    expires_at: timestamp(prompt?.expiresAt ?? null),
    interval_s: prompt?.intervalS ?? null,
    scopes: [...(prompt?.scopes ?? [])],
    account: stored?.account ?? null,
    notices: [...(stored?.notices ?? [])],
  };
}
