import * as v from 'valibot';
import { filledAddress, placeholdersIn } from '../../../shared/address-template.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Provider, ProviderSettings } from '../../../shared/provider.js';
import { AddressParams, AddressPart, Endpoint, EndpointTemplate } from '../../../shared/schemas.js';
import { parse } from '../../../shared/validate.js';

type Params = Readonly<Record<string, string>>;

/** What of a provider has placeholders, or is sent under names that may be those of placeholders. */
type Addressed = Pick<
  Provider,
  | 'issuer'
  | 'iss'
  | 'base_url'
  | 'authorization_endpoint'
  | 'token_endpoint'
  | 'refresh_endpoint'
  | 'device_authorization_endpoint'
  | 'revocation'
  | 'register_url'
  | 'registration_endpoint'
  | 'address_params'
  | (typeof PARAMS)[number]
>;

const PARAMS = ['authorize_params', 'device_params', 'token_params', 'refresh_params'] as const;

/** The names of what stands for a part of an address of this provider. They are never sent as parameters. */
export function placeholdersOf(provider: Addressed): string[] {
  const { register_url, registration_endpoint, address_params } = provider;
  const addresses = [...neededAddresses(provider), register_url, registration_endpoint];
  const found = addresses.flatMap((address) => placeholdersIn(address ?? ''));
  return [...new Set([...found, ...Object.keys(address_params)])];
}

/** The provider with those parts of its addresses that it has itself, or that a sign-in says. */
export function withAddresses<P extends Addressed>(provider: P, said: Params = {}): P {
  const names = placeholdersOf(provider);
  if (names.length === 0) return provider;
  const values = { ...provider.address_params, ...said };
  const fill = (address: string): string =>
    filledAddress(address, (name) => (Object.hasOwn(values, name) && values[name]) || `{${name}}`);
  const filled = (address: string | null): string | null => (address === null ? null : fill(address));
  const { revocation } = provider;
  return {
    ...provider,
    issuer: filled(provider.issuer),
    iss: provider.iss.map(fill),
    base_url: filled(provider.base_url),
    authorization_endpoint: filled(provider.authorization_endpoint),
    token_endpoint: filled(provider.token_endpoint),
    refresh_endpoint: filled(provider.refresh_endpoint),
    device_authorization_endpoint: filled(provider.device_authorization_endpoint),
    revocation: revocation && { ...revocation, endpoint: fill(revocation.endpoint) },
    register_url: filled(provider.register_url),
    registration_endpoint: filled(provider.registration_endpoint),
    authorize_params: without(provider.authorize_params, names),
    device_params: without(provider.device_params, names),
    token_params: without(provider.token_params, names),
    refresh_params: without(provider.refresh_params, names),
  };
}

/** The parts of its addresses that a provider still lacks. */
export function missingParts(provider: Addressed): string[] {
  return [...new Set(neededAddresses(provider).flatMap(placeholdersIn))];
}

/** What a sign-in says about parts of addresses, without what it leaves to the provider. Throws `invalid_params`. */
export function saidParts(id: string, said: Params): Record<string, string> {
  const parts = Object.entries(said).filter(([, value]) => value !== '');
  for (const [name, value] of parts) if (!v.is(AddressPart, value)) throw notAPart(id, name);
  return Object.fromEntries(parts);
}

/** Throws `invalid_params` if a sign-in's addresses lack a part, or make no address. `again`: the command that it began with. */
export function assertWhole(provider: Addressed & Pick<Provider, 'id' | 'name'>, again: string): void {
  const { id, name } = provider;
  const [missing] = missingParts(provider);
  if (missing !== undefined) throw lacking(provider, missing, again);
  if (!neededAddresses(provider).every((address) => v.is(Endpoint, address))) throw noAddress(id, name);
}

/** Throws `invalid_params` if the parts of a provider's addresses that are known make no address. */
export function assertFillable(provider: Addressed & Pick<Provider, 'id' | 'name'>): void {
  const isAddress = (address: string): boolean => v.is(EndpointTemplate, address);
  if (!neededAddresses(provider).every(isAddress)) throw noAddress(provider.id, provider.name);
}

/** Settings in which a parameter that stands for a part of an address is just that, and is not sent. Throws `invalid_params`. */
export function withParts(settings: ProviderSettings, names: readonly string[]): ProviderSettings {
  const placed: ProviderSettings = { ...settings };
  let parts: Params = settings.address_params ?? {};
  for (const kind of PARAMS) {
    const params = settings[kind];
    if (params === undefined || !names.some((name) => Object.hasOwn(params, name))) continue;
    placed[kind] = without(params, names);
    parts = { ...parts, ...only(params, names) };
  }
  if (Object.keys(parts).length === 0) return placed;
  return { ...placed, address_params: parse(AddressParams, parts, 'set_provider') };
}

/** The parameters of a sign-in: those that are parts of addresses, and those that are sent. */
export function partedParams(provider: Addressed, params: Params): { parts: Params; sent: Params } {
  const names = placeholdersOf(provider);
  return { parts: only(params, names), sent: without(params, names) };
}

function neededAddresses(provider: Addressed): string[] {
  const { issuer, base_url, authorization_endpoint, token_endpoint } = provider;
  const { refresh_endpoint, device_authorization_endpoint, revocation } = provider;
  return [
    ...[issuer, base_url, authorization_endpoint, token_endpoint],
    ...[refresh_endpoint, device_authorization_endpoint, revocation?.endpoint ?? null],
  ].filter((address) => address !== null);
}

function only(params: Params, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => names.includes(name)));
}

function without(params: Params, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !names.includes(name)));
}

function lacking({ id, name }: Pick<Provider, 'id' | 'name'>, part: string, again: string): SigilforgeError {
  return new SigilforgeError(
    'invalid_params',
    `The address of ${name} has a part that it does not know: ${part}.`,
    {
      hint: `Say it: ${again} --param ${part}=VALUE. To keep it for all sign-ins: sigilforge provider set ${id} --param ${part}=VALUE`,
      needs: 'address_part',
    },
  );
}

function noAddress(id: string, name: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `What was said for ${name} makes no address.`, {
    hint: `Compare it with the addresses that it is for: sigilforge provider show ${id}`,
  });
}

function notAPart(id: string, name: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `The value of ${name} is not part of an address.`, {
    hint: `It has letters (A to Z, a to z), digits, - and single full stops between them. The addresses that it is for: sigilforge provider show ${id}`,
  });
}
