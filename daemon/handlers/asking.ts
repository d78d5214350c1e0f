import { SigilforgeError } from '../../shared/errors.js';
import { Secret } from '../../shared/secret.js';
import { noSuchRequest } from '../core/asking/secret-requests.js';
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

export function askingHandlers({ asking, history }: Core): Pick<Handlers, Methods> {
  const { secretRequests, proposals } = asking;
  // A reason is stored as it is, so it must not hold what a run was given.
  const reasonOf = (reason: string, { rights: { run } }: Peer): string =>
    run === undefined ? reason : history.redacted(run.runId, reason);
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
    propose_grant: ({ reference, reason, ...params }, peer) =>
      proposals.propose(asker(params, peer), { reference, reason: reasonOf(reason, peer) }),
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
  throw noSuchRequest();
}
