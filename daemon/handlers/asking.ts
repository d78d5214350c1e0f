import { SigilforgeError } from '../../shared/errors.js';
import { Secret } from '../../shared/secret.js';
import type { Core } from '../core/core.js';
import type { Handlers, Peer } from './handlers.js';

type Methods =
  | 'request_secret'
  | 'wait_secret_request'
  | 'list_secret_requests'
  | 'answer_secret_request'
  | 'decline_secret_request'
  | 'propose_grant'
  | 'list_proposals'
  | 'accept_proposal'
  | 'decline_proposal';

export function askingHandlers({ asking }: Core): Pick<Handlers, Methods> {
  const { secretRequests, proposals } = asking;
  return {
    request_secret: (params, peer) => secretRequests.ask(asker(params, peer), params),
    wait_secret_request: ({ request_id: id, timeout_s }, peer) => {
      assertOwn(secretRequests.find(id).asked.capability.name, peer);
      return secretRequests.wait(id, timeout_s, peer);
    },
    list_secret_requests: ({ cursor }) => secretRequests.list(cursor),
    answer_secret_request: ({ request_id, values }) =>
      secretRequests.save(
        request_id,
        new Map(Object.entries(values).map(([name, value]) => [name, new Secret(value)])),
      ),
    decline_secret_request: ({ request_id }) => secretRequests.decline(request_id),
    propose_grant: (params, peer) => proposals.propose(asker(params, peer), params),
    list_proposals: (params) => proposals.list(params),
    accept_proposal: ({ proposal_id }) => proposals.accept(proposal_id),
    decline_proposal: async ({ proposal_id }) => ({ declined: await proposals.decline(proposal_id) }),
  };
}

/** The capability that asks: a run only ever for its own. */
function asker({ capability }: { capability?: string | undefined }, { rights }: Peer): string {
  const name = capability ?? rights.run?.capability;
  if (name !== undefined) return name;
  throw new SigilforgeError('invalid_params', 'capability is missing: only a run may leave it out.');
}

/** A run learns nothing of the requests of others, not even that they are there. */
function assertOwn(capability: string, { rights }: Peer): void {
  if (rights.run === undefined || rights.run.capability === capability) return;
  throw new SigilforgeError('not_found', 'There is no such request.', {
    hint: 'Ask only for requests that this capability made.',
  });
}
