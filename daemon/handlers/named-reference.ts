import * as v from 'valibot';
import { AwsName, awsSecretKey } from '../../shared/aws-definition.js';
import { contract, type MethodName } from '../../shared/contract/index.js';
import { parseReference, printReference } from '../../shared/reference.js';
import { AccountName, SecretKey, ServiceName } from '../../shared/schemas.js';

/** The parameters of a call by their names, not checked yet. */
export type Named = Readonly<Record<string, unknown>>;

export function isMethod(name: string): name is MethodName {
  return Object.hasOwn(contract, name);
}

/** What a call is about, for the record; `undefined` if its parameters do not say so in a form that can be read. */
export function referenceIn(method: MethodName, params: Named): string | undefined {
  const { key, name, reference } = params;
  if (typeof reference === 'string') return recordedSpelling(reference);
  if (method.endsWith('_secret')) return v.is(SecretKey, key) ? secretNamed(key) : undefined;
  if (method === 'get_aws_credentials')
    return v.is(AwsName, name) ? secretNamed(awsSecretKey(name)) : undefined;
  const named = accountNamed(params);
  return named && tokenOf(named);
}

interface AccountNames {
  readonly service: string;
  readonly account: string;
}

/** The account that parameters name, in its usual spelling; `undefined` if they name none that can be. */
export function accountNamed({ service, account }: Named): AccountNames | undefined {
  const normalized = v.safeParse(ServiceName, service);
  if (!normalized.success || !v.is(AccountName, account)) return undefined;
  return { service: normalized.output, account };
}

export function tokenOf({ service, account }: AccountNames): string {
  return `auth://${service}/${account}/token`;
}

export function secretNamed(key: string): string {
  return `secret://${key}`;
}

/** A reference in its usual spelling; `undefined` for another text, which may be a value. */
export function usualSpelling(text: string): string | undefined {
  try {
    return printReference(parseReference(text));
  } catch {
    return undefined;
  }
}

/** The same without what an outside resolver is given: a password of another store, or the very value (`ref+echo://`). */
export function recordedSpelling(text: string): string | undefined {
  const reference = usualSpelling(text);
  if (!reference?.startsWith('vals:')) return reference;
  const [scheme = ''] = reference.split('://');
  if (scheme === 'vals:ref+echo') return `${scheme}://`;
  return reference.replace(/\?[^#]*/, '').replace(/:\/\/[^/@]*@/, '://');
}
