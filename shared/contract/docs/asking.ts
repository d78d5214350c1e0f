import {
  type asking,
  ProposalInfo,
  RequestedSecret,
  SecretRequestInfo,
  type SecretRequestState,
  SecretRequestStatus,
} from '../asking.js';
import { cursorTexts, EXAMPLE, nextPageText, OPENS_VAULT } from './common.js';
import { type NamedType, namedChoice, namedObject, type TextsOf } from './types.js';

const wantedTexts = {
  name: 'The name by which a run finds it.',
  description: 'What it is for, in the words of the capability.',
};

export const askingTypes: Readonly<Record<string, NamedType>> = {
  SecretRequestStatus: namedChoice(SecretRequestStatus, 'How a request for secrets stands.', {
    pending: 'It waits for a person, or for its turn.',
    saved: 'A person saved everything that was asked for.',
    declined: 'A person declined it.',
    expired: 'Its time was over.',
    ended:
      'It was ended: its page was opened twice, the words were wrong three times, or the capability or the daemon went away.',
  }),
  RequestedSecret: namedObject(RequestedSecret, 'A secret that is asked for, in the words of who asks.', {
    ...wantedTexts,
    obtain: 'Where a person gets one; `null` if that is not said.',
    obtain_instructions: 'How; `null` if that is not said.',
  }),
  SecretRequestInfo: namedObject(SecretRequestInfo, 'A request for secrets, as a person sees it.', {
    id: 'The id of the request.',
    capability: 'Whose runs get the secrets.',
    secrets: 'What is asked for.',
    words: 'The two words that a person types into its page; `null` until its turn comes.',
    asked_at: 'When it was asked for.',
    expires_at: 'When its time is over; `null` until its turn comes.',
  }),
  ProposalInfo: namedObject(ProposalInfo, 'A grant that a capability asks for.', {
    id: 'The id of the proposal.',
    capability: 'Who asks.',
    grant: 'The reference.',
    reason: 'Why, in the words of the capability.',
    proposed_at: 'When it was proposed.',
    covers: 'What there is now that the grant would allow: at most 20 references.',
    covers_count: 'How many there are.',
  }),
};

const capabilityText = 'The capability; a run may leave it out, and may name no other.';
const requestText = { request_id: 'The id of the request.' };
const proposalText = { proposal_id: 'The id of the proposal.' };
const stateResult = {
  text: 'How the request stands, and never a value.',
  fields: {
    request_id: 'The id of the request.',
    status: 'How it stands.',
    error: 'Why nothing was saved; `null` while it is open, and if it was saved.',
  },
};
const messageText = 'A sentence for the person.';

const exampleSecret = { name: 'API_KEY', description: 'Asks the weather service.' };
const exampleState: SecretRequestState = { request_id: EXAMPLE.requestId, status: 'saved', error: null };

export const askingMethods: TextsOf<typeof asking> = {
  request_secret: {
    params: {
      secrets: {
        text: 'What to ask for. One request of each capability is open at a time, the others wait in order.',
        fields: {
          ...wantedTexts,
          obtain: 'Where a person gets one: an https address.',
          obtain_instructions: 'How.',
        },
      },
      url_elicitation:
        'Whether the caller can show a person an address, such as by URL elicitation of the Model Context Protocol. Only then does it get one.',
      capability: capabilityText,
    },
    result: {
      text: 'What was asked.',
      fields: {
        request_id: 'The id of the request.',
        message: messageText,
        url: 'The address of its page, on this machine; `null` for a caller that did not say that it can show one.',
        expires_at: 'When its time is over; `null` until its turn comes.',
      },
    },
    errors: ['not_found', ...OPENS_VAULT],
    example: {
      params: { capability: 'weather', secrets: [exampleSecret] },
      result: {
        request_id: EXAMPLE.requestId,
        message:
          'weather asks for API_KEY. Answer on its page, if Sigilforge opened that, or in a terminal: sigilforge secret requests',
        url: null,
        expires_at: EXAMPLE.expires,
      },
    },
  },
  wait_secret_request: {
    params: { ...requestText, timeout_s: 'Seconds to wait; 0 only asks how the request stands.' },
    result: stateResult,
    errors: ['not_found'],
    example: { params: { request_id: EXAMPLE.requestId, timeout_s: 600 }, result: exampleState },
  },
  list_secret_requests: {
    params: cursorTexts,
    result: {
      text: 'A page of requests.',
      fields: { requests: 'The requests, the oldest first.', cursor: nextPageText },
    },
    errors: [],
    example: {
      params: {},
      result: {
        requests: [
          {
            id: EXAMPLE.requestId,
            capability: 'weather',
            secrets: [{ ...exampleSecret, obtain: null, obtain_instructions: null }],
            words: 'amber falcon',
            asked_at: EXAMPLE.created,
            expires_at: EXAMPLE.expires,
          },
        ],
        cursor: null,
      },
    },
  },
  answer_secret_request: {
    params: { ...requestText, values: 'A value for each name that was asked for, and for no other.' },
    result: stateResult,
    errors: ['not_found', ...OPENS_VAULT],
    example: {
      params: { request_id: EXAMPLE.requestId, values: { API_KEY: 'k-3f9a' } },
      result: exampleState,
    },
  },
  decline_secret_request: {
    params: requestText,
    result: stateResult,
    errors: ['not_found'],
    example: {
      params: { request_id: EXAMPLE.requestId },
      result: { ...exampleState, status: 'declined', error: 'It was declined.' },
    },
  },
  propose_grant: {
    params: {
      reference: 'What to grant.',
      reason: 'Why, for a person to read: at most 1,024 characters.',
      capability: capabilityText,
    },
    result: {
      text: 'What waits for a person now.',
      fields: { proposal_id: 'The id of the proposal.', message: messageText },
    },
    errors: ['not_found', 'invalid_reference', 'already_exists', 'integrity', 'vault_locked'],
    example: {
      params: {
        reference: 'auth://example/work/token',
        reason: 'To read the issues.',
        capability: 'weather',
      },
      result: {
        proposal_id: EXAMPLE.proposalId,
        message: 'weather asks for auth://example/work/token. Decide with: sigilforge capability proposals',
      },
    },
  },
  list_proposals: {
    params: { capability: 'Only those of this capability.', ...cursorTexts },
    result: {
      text: 'A page of proposals.',
      fields: { proposals: 'The proposals, the oldest first.', cursor: nextPageText },
    },
    errors: ['not_found'],
    example: {
      params: {},
      result: {
        proposals: [
          {
            id: EXAMPLE.proposalId,
            capability: 'weather',
            grant: 'auth://example/work/token',
            reason: 'To read the issues.',
            proposed_at: EXAMPLE.created,
            covers: ['auth://example/work/token'],
            covers_count: 1,
          },
        ],
        cursor: null,
      },
    },
  },
  accept_proposal: {
    params: proposalText,
    result: {
      text: 'What was granted.',
      fields: {
        capability: 'The name of the capability.',
        grants: 'All that is granted to it now, in its usual spelling.',
      },
    },
    errors: ['not_found', ...OPENS_VAULT],
    example: {
      params: { proposal_id: EXAMPLE.proposalId },
      result: { capability: 'weather', grants: ['auth://example/work/token'] },
    },
  },
  decline_proposal: {
    params: proposalText,
    result: { text: 'What was done.', fields: { declined: 'Whether it waited for a person.' } },
    errors: ['not_found'],
    example: { params: { proposal_id: EXAMPLE.proposalId }, result: { declined: true } },
  },
};
