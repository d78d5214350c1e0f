import type { Provider } from '../../../shared/provider.js';
import { wrap } from '../../terminal/wrap.js';
import { listed } from '../listed.js';
import { clientToRegister, grantsToAllow, ifPortsAreCompared } from '../registration.js';
import type { Wanted } from './wanted.js';

/** What a person does at the provider before the first sign-in, on less than a screen of 24 lines. */
export function guideLines(provider: Provider, wanted: Wanted, columns: number): string[] {
  const body = wanted.clientId ? clientLines(provider, columns) : secretLines(provider, wanted, columns);
  return [...body, ...placeLines(provider, wanted, columns)];
}

/** The commands that do the rest without a terminal. */
export function guideCommands(id: string, wanted: Wanted, next: string): string[] {
  const options = [
    ...(wanted.clientId ? ['--client-id ID'] : []),
    ...wanted.places.map((name) => `--param ${name}=VALUE`),
    ...(wanted.secret === 'required' ? ['--client-secret < secret.txt'] : []),
  ];
  const set = `sigilforge provider set ${id}`;
  return [
    `  ${[set, ...options].join(' ')}`,
    ...(wanted.secret === 'optional' ? [`  ${set} --client-secret < secret.txt   # if it has one`] : []),
    `  ${next}`,
  ];
}

function clientLines(provider: Provider, columns: number): string[] {
  const { name, register_url, flows, redirect } = provider;
  const where =
    register_url === null ? "in the provider's settings (OAuth apps, clients or applications)" : 'here';
  const byBrowser = flows.includes('authorization_code');
  return [
    ...wrap(`${name} needs a client of your own. Register it once, ${where}:`, columns),
    '',
    ...(register_url === null ? [] : [`  ${register_url}`, '']),
    ...(byBrowser ? [`Its redirect URI:  ${redirect.uri}`, ''] : []),
    ...numbered(stepsOf(provider), columns),
  ];
}

function secretLines({ name, register_url }: Provider, { secret }: Wanted, columns: number): string[] {
  if (secret === 'none') return [];
  const where = register_url === null ? '.' : ':';
  return [
    ...wrap(
      `${name} wants the secret of this client. It stands where the client was registered${where}`,
      columns,
    ),
    ...(register_url === null ? [] : ['', `  ${register_url}`]),
  ];
}

function placeLines({ name }: Provider, { places }: Wanted, columns: number): string[] {
  if (places.length === 0) return [];
  return wrap(`The addresses of ${name} have a part that you have to say: ${listed(places)}.`, columns);
}

/** The provider's own steps, or those that any authorization server has. */
export function stepsOf(provider: Provider): string[] {
  const { register_steps, redirect, source, id, flows, notes } = provider;
  if (register_steps.length > 0) return filledIn(provider);
  const byBrowser = flows.includes('authorization_code');
  const isFree = byBrowser && source !== 'builtin' && redirect.port === 'any';
  return [
    `Make ${clientToRegister(provider)}.`,
    ...(byBrowser
      ? [
          isFree
            ? `Paste that redirect URI. ${ifPortsAreCompared(id, redirect.uri)}`
            : 'Paste that redirect URI.',
        ]
      : []),
    `Allow it ${listed(grantsToAllow(provider))}.`,
    ...(notes === null ? [] : [notes]),
  ];
}

/** The provider's own steps, with the redirect URI in its place. */
export function filledIn({ register_steps, redirect }: Provider): string[] {
  return register_steps.map((step) => step.replaceAll('{redirect_uri}', redirect.uri));
}

export function numbered(steps: readonly string[], columns: number): string[] {
  return steps.flatMap((step, index) => wrap(step, columns, `  ${index + 1}. `));
}
