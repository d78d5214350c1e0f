import * as v from 'valibot';
import { CapabilityName, VariableName, WantedSecret } from '../manifest.js';
import { Seconds, SecretValue, Timestamp, Uuid } from '../schemas.js';
import { Grant } from './capabilities.js';
import { Cursor, cursorParam, method } from './types.js';

/** How long a person has to answer a request, from when its turn comes, in seconds. */
export const ANSWER_S = 600;

/** So many secrets may one request ask for. */
const MOST_SECRETS = 16;

/** How a request for secrets stands. */
export const SecretRequestStatus = v.picklist(['pending', 'saved', 'declined', 'expired', 'ended']);
export type SecretRequestStatus = v.InferOutput<typeof SecretRequestStatus>;

/** What those who asked learn. */
const SecretRequestState = v.object({
  request_id: Uuid,
  status: SecretRequestStatus,
  /** Why nothing was saved; `null` while it is open, and if it was saved. */
  error: v.nullable(v.string()),
});
export type SecretRequestState = v.InferOutput<typeof SecretRequestState>;

/** A secret that is asked for, as a person sees it. */
export const RequestedSecret = v.object({
  name: v.string(),
  description: v.string(),
  obtain: v.nullable(v.string()),
  obtain_instructions: v.nullable(v.string()),
});

/** What a person sees of a request. `words` is for them only. */
export const SecretRequestInfo = v.object({
  id: Uuid,
  capability: v.string(),
  secrets: v.array(RequestedSecret),
  /** `null` until its turn comes. */
  words: v.nullable(v.string()),
  asked_at: Timestamp,
  expires_at: v.nullable(Timestamp),
});
export type SecretRequestInfo = v.InferOutput<typeof SecretRequestInfo>;

/** A grant that a capability asks for. */
export const ProposalInfo = v.object({
  id: Uuid,
  capability: v.string(),
  grant: v.string(),
  reason: v.string(),
  proposed_at: Timestamp,
  /** What there is now that the grant would allow, some of many. */
  covers: v.array(v.string()),
  covers_count: v.number(),
});
export type ProposalInfo = v.InferOutput<typeof ProposalInfo>;

const Reason = v.pipe(v.string(), v.minLength(1), v.maxLength(1024));

/** A run may leave it out: it asks only for itself. */
const capabilityParam = { capability: v.optional(CapabilityName) };
const requestParam = { request_id: Uuid };
const proposalParam = { proposal_id: Uuid };

export const asking = {
  request_secret: method(
    'Asks a person for secrets that only runs of a capability get. The caller learns only whether they were saved.',
    {
      secrets: v.pipe(v.array(WantedSecret), v.minLength(1), v.maxLength(MOST_SECRETS)),
      url_elicitation: v.optional(v.boolean(), false),
      ...capabilityParam,
    },
    v.object({
      request_id: Uuid,
      /** A sentence for the person. */
      message: v.string(),
      /** The address of the page; only for a caller that can show it to a person. */
      url: v.nullable(v.string()),
      expires_at: v.nullable(Timestamp),
    }),
  ),
  wait_secret_request: method(
    'Waits until a person has saved or declined what was asked for.',
    { ...requestParam, timeout_s: v.optional(Seconds, ANSWER_S) },
    SecretRequestState,
  ),
  list_secret_requests: method(
    'Lists the requests that wait for a person, a page at a time.',
    cursorParam,
    v.object({ requests: v.array(SecretRequestInfo), cursor: Cursor }),
  ),
  answer_secret_request: method(
    'Saves what a request asked for, all of it at once.',
    { ...requestParam, values: v.record(VariableName, SecretValue) },
    SecretRequestState,
  ),
  decline_secret_request: method('Declines a request for secrets.', requestParam, SecretRequestState),
  propose_grant: method(
    'Proposes that a person grants a capability one reference.',
    { reference: Grant, reason: Reason, ...capabilityParam },
    v.object({
      proposal_id: Uuid,
      /** A sentence for the person. */
      message: v.string(),
    }),
  ),
  list_proposals: method(
    'Lists the grants that capabilities ask for, a page at a time.',
    { ...capabilityParam, ...cursorParam },
    v.object({ proposals: v.array(ProposalInfo), cursor: Cursor }),
  ),
  accept_proposal: method(
    'Grants what was proposed. Runs under way do not get it.',
    proposalParam,
    v.object({ capability: v.string(), grants: v.array(v.string()) }),
  ),
  decline_proposal: method(
    'Declines what was proposed. The same is not proposed again for a day.',
    proposalParam,
    v.object({ declined: v.boolean() }),
  ),
};
