import type { Provider } from '../../../shared/provider.js';
import type { FlowKind } from '../../../shared/schemas.js';
import { clientAuthOf } from '../oauth/client-auth.js';
import type { ServerMetadata } from '../oauth/metadata/discovery.js';
import { standardRevocation } from './builtin/define.js';
import { usualScopes } from './usual-scopes.js';

/** What metadata can add to. */
type Facts = Pick<
  Provider,
  | 'issuer'
  | 'authorization_endpoint'
  | 'token_endpoint'
  | 'device_authorization_endpoint'
  | 'revocation'
  | 'pkce'
  | 'default_scopes'
  | 'client_auth'
  | 'flows'
>;

/** What an entry or a person states, so that metadata does not change it. */
export interface Stated {
  readonly clientAuth: boolean;
  readonly flows: boolean;
}

/** The facts with what the metadata adds to them. Whatever is named already stays. */
export function withMetadata<F extends Facts>(facts: F, found: ServerMetadata, stated: Stated): F {
  const { revocation, default_scopes, client_auth } = facts;
  const endpoints = {
    authorization_endpoint: facts.authorization_endpoint ?? found.authorization_endpoint,
    token_endpoint: facts.token_endpoint ?? found.token_endpoint,
    device_authorization_endpoint: facts.device_authorization_endpoint ?? found.device_authorization_endpoint,
  };
  const standard = found.revocation_endpoint === null ? null : standardRevocation(found.revocation_endpoint);
  const pkce =
    facts.pkce === 'unknown' && found.challengeMethods?.includes('S256') ? 'supported' : facts.pkce;
  return {
    ...facts,
    ...endpoints,
    issuer: found.issuer,
    revocation: revocation ?? standard,
    pkce,
    default_scopes: default_scopes.length > 0 ? default_scopes : usualScopes(found),
    client_auth: stated.clientAuth ? client_auth : clientAuthOf(found.clientAuths),
    flows: stated.flows ? facts.flows : facts.flows.filter((flow) => isOffered(flow, endpoints, found)),
  };
}

/** Whether metadata offers a flow: it has the endpoint, and lists its grant type if it lists any (RFC 8414, section 2). */
function isOffered(
  flow: FlowKind,
  endpoints: Pick<Facts, 'authorization_endpoint' | 'device_authorization_endpoint'>,
  { grantTypes }: ServerMetadata,
): boolean {
  switch (flow) {
    case 'authorization_code':
      return endpoints.authorization_endpoint !== null;
    case 'device_code':
      return endpoints.device_authorization_endpoint !== null;
    case 'client_credentials':
      return grantTypes?.includes(flow) ?? true;
    default:
      return true;
  }
}
