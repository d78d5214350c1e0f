import { RENAMABLE_PARAMS } from '../../../shared/request-params.js';
import type { ClientRegistration } from './registration/client.js';

type Names = ClientRegistration['param_names'];

/**
 * A request with the names that the provider has for parameters of the protocol. One of these takes the place of any other
 * parameter of its name, and is left out if its name is empty.
 */
export function inTheirNames(params: URLSearchParams, names: Names): URLSearchParams {
  if (Object.keys(names).length === 0) return params;
  const entries = [...params].map(([name, value]) => ({
    name,
    value,
    own: RENAMABLE_PARAMS.find((known) => known === name),
  }));
  const sent = new URLSearchParams();
  for (const { name, value, own } of entries) if (own === undefined) sent.append(name, value);
  for (const { value, own } of entries) {
    const theirs = own && (names[own] ?? own);
    if (theirs) sent.set(theirs, value);
  }
  return sent;
}

/** A redirect with the standard's names for what the provider calls otherwise. */
export function inStandardNames(response: URLSearchParams, names: Names): URLSearchParams {
  const standard = new URLSearchParams(response);
  const theirs = {
    code: names['redirect_code'] ?? names['code'] ?? 'code',
    state: names['state'] ?? 'state',
  };
  for (const [name, other] of Object.entries(theirs)) {
    if (other === name || !response.has(other)) continue;
    standard.delete(name);
    for (const value of response.getAll(other)) standard.append(name, value);
  }
  return standard;
}
