import { SigilforgeError } from '../../../shared/errors.js';
import { covers } from '../../../shared/grant.js';
import { Secret } from '../../../shared/secret.js';
import type { Capability } from '../capabilities/capability.js';
import type { Granted } from '../capabilities/granted.js';
import type { OwnSecrets } from '../capabilities/own-secrets.js';
import type { Registry } from '../capabilities/registry.js';
import type { Trust } from '../capabilities/trust.js';
import type { Resolver } from '../references/resolver.js';

export interface Sources {
  readonly registry: Pick<Registry, 'find'>;
  readonly trust: Pick<Trust, 'ready' | 'assertUnchanged' | 'sweep'>;
  readonly granted: Pick<Granted, 'of' | 'whenChanged'>;
  readonly ownSecrets: Pick<OwnSecrets, 'open'>;
  readonly resolver: Pick<Resolver, 'resolve'>;
}

/** Everything that a run needs before it starts. */
export interface Prepared {
  readonly capability: Capability;
  /** The read-only copy of what is trusted. */
  readonly copy: () => Promise<string>;
  readonly grants: readonly string[];
  readonly secrets: ReadonlyMap<string, Secret>;
  /** The variables that its manifest names, with the values of their references. */
  readonly variables: ReadonlyMap<string, Secret>;
}

/** Throws `denied`, `not_found` or `integrity` if it must not run, saying all that is missing. */
export async function prepare(sources: Sources, name: string): Promise<Prepared> {
  const capability = sources.registry.find(name);
  assertActive(capability);
  const copy = await copyOf(sources, capability);
  const grants = await sources.granted.of(capability.id);
  const secrets = await sources.ownSecrets.open(capability.id);
  assertComplete(capability, grants, secrets);
  return { capability, copy, grants, secrets, variables: await variablesOf(sources, capability) };
}

/** Whether one process serves many runs. */
export function isKeptAlive({ manifest: { run } }: Pick<Capability, 'manifest'>): boolean {
  return run.runner === 'command' && run.keep_alive;
}

/** A program that is kept warm has its copy already: only when it is started, one is looked at. */
async function copyOf({ trust }: Sources, capability: Capability): Promise<Prepared['copy']> {
  if (isKeptAlive(capability)) {
    await trust.assertUnchanged(capability);
    return () => trust.ready(capability);
  }
  const copy = await trust.ready(capability);
  return () => Promise.resolve(copy);
}

/** Throws `denied` if what a run needs was taken back since it was prepared. */
export function assertGranted(capability: Capability, grants: readonly string[]): void {
  const missing = capability.manifest.grants.filter((wish) => !grants.some((grant) => covers(grant, wish)));
  if (missing.length > 0) throw incomplete(capability.name, missing, []);
}

function assertComplete(
  { name, manifest }: Capability,
  grants: readonly string[],
  secrets: ReadonlyMap<string, Secret>,
): void {
  const ungranted = manifest.grants.filter((wish) => !grants.some((grant) => covers(grant, wish)));
  const unset = manifest.required_secrets.map((secret) => secret.name).filter((key) => !secrets.has(key));
  if (ungranted.length > 0 || unset.length > 0) throw incomplete(name, ungranted, unset);
}

function incomplete(name: string, grants: readonly string[], secrets: readonly string[]): SigilforgeError {
  const parts = [...listed('the grant', grants), ...listed('the secret', secrets)];
  const commands = [
    ...grants.map((grant) => `sigilforge capability grant ${name} '${grant}'`),
    ...secrets.map((key) => `sigilforge capability secret set ${name} ${key}`),
  ];
  return new SigilforgeError(
    grants.length > 0 ? 'denied' : 'not_found',
    `${name} cannot run without ${parts.join(', and ')}.`,
    { hint: `Give it what it needs with: ${commands.join(' ; ')}` },
  );
}

function listed(noun: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`${noun}${names.length > 1 ? 's' : ''} ${names.join(', ')}`];
}

/** Throws `denied` if a person disabled it. */
export function assertActive({ name, active }: Pick<Capability, 'name' | 'active'>): void {
  if (active) return;
  throw new SigilforgeError('denied', `${name} is not active.`, {
    hint: `Let it run again with: sigilforge capability enable ${name}`,
  });
}

async function variablesOf(
  { resolver }: Sources,
  { manifest }: Capability,
): Promise<ReadonlyMap<string, Secret>> {
  const found = await Promise.all(
    Object.entries(manifest.env).map(async ([variable, reference]) => {
      const { value, encoding } = await resolver.resolve(reference);
      if (value === null || encoding !== 'utf8' || value.includes('\0')) throw notText(variable, reference);
      return [variable, new Secret(value)] as const;
    }),
  );
  return new Map(found);
}

function notText(variable: string, reference: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `${reference} is not text, so ${variable} cannot have it.`, {
    hint: 'Let the capability fetch it through its door.',
  });
}
