import { checkParams } from '../../shared/contract/check-params.js';
import { contract, type MethodName, methodNames } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import type { Handlers, Peer } from '../handlers/handlers.js';

/** A method as the wire calls it: with unchecked parameters, by name or by position. */
type WireMethod = (params: object | undefined, peer: Peer) => unknown;

/** The methods of a server by their names. */
export type WireMethods = ReadonlyMap<string, WireMethod>;

/** Every method of the contract; parameters are checked before the handler sees them. */
export function contractMethods(handlers: Handlers): WireMethods {
  return new Map(methodNames.map((name) => [name, wireMethod(name, handlers)]));
}

function wireMethod<M extends MethodName>(name: M, handlers: Pick<Handlers, M>): WireMethod {
  const handler = handlers[name];
  const order = Object.keys(contract[name].params.entries);
  return (params, peer) => handler(checkParams(name, byName(name, order, params)), peer);
}

/** Gives positional parameters the contract's names, without checking the values. */
function byName(method: string, order: readonly string[], params: object | undefined): unknown {
  if (!Array.isArray(params)) return params;
  if (params.length > order.length) {
    throw new SigilforgeError('invalid_params', `${method}: there are at most ${order.length} parameters.`);
  }
  return Object.fromEntries(params.map((value, index) => [order[index], value]));
}
