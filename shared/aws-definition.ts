import * as v from 'valibot';
import { SigilforgeError } from './errors.js';
import { isRecord, parseJson } from './json.js';
import { pattern } from './pattern.js';
import { AccountName } from './schemas.js';
import { check } from './validate.js';

/** What AWS credentials are called here, as `aws/NAME` among the secrets. */
export const AwsName = AccountName;

const printed = (regex: RegExp, meaning: string) =>
  v.pipe(v.string(), v.maxLength(4096), pattern(regex, meaning));

/** The name of a region: it becomes part of a host. */
export const AwsRegion = printed(/^[a-z][a-z0-9-]{1,31}$/, 'the name of a region');

/** Only https: a token is sent there, with which others could assume the role. */
const StsEndpoint = v.pipe(v.string(), v.maxLength(2048), v.url(), v.check(isPlainHttps));

/** Keys of a user of AWS, as `aws configure export-credentials` prints them. */
const KeysDefinition = v.strictObject({
  Version: v.optional(v.literal(1)),
  AccessKeyId: printed(/^[\w/+=.-]{3,128}$/, 'the id of an access key'),
  SecretAccessKey: printed(/^[\x21-\x7e]{1,256}$/, 'a secret access key'),
  SessionToken: v.optional(printed(/^[\x21-\x7e]+$/, 'a session token')),
});

/** A role that an account assumes (`AssumeRoleWithWebIdentity`). */
const RoleDefinition = v.strictObject({
  role_arn: printed(/^arn:[\x21-\x7e]{1,2000}$/, 'the ARN of a role'),
  account: printed(/^[a-z0-9][a-z0-9._-]{0,63}\/[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/, 'SERVICE/ACCOUNT'),
  token: v.optional(v.picklist(['token', 'id_token']), 'token'),
  region: v.optional(AwsRegion),
  endpoint: v.optional(StsEndpoint),
  duration_s: v.optional(v.pipe(v.number(), v.integer(), v.minValue(900), v.maxValue(43_200))),
  session_name: v.optional(printed(/^[\w+=,.@-]{2,64}$/, 'the name of a session'), 'sigilforge'),
});

export type AwsKeys = v.InferOutput<typeof KeysDefinition>;
export type AwsRole = v.InferOutput<typeof RoleDefinition>;

/** The secret that says where the credentials of this name come from. */
export function awsSecretKey(name: string): string {
  return `aws/${name}`;
}

/** The secret that keeps what the last exchange brought. */
export function awsCachedKey(name: string): string {
  return `${awsSecretKey(name)}/cached`;
}

/** A definition as its secret has it. Throws `invalid_params` that says what is wrong, and repeats no value. */
export function readAwsDefinition(name: string, text: string): AwsKeys | AwsRole {
  const json = parseJson(text);
  const schema = isRecord(json) && 'role_arn' in json ? RoleDefinition : KeysDefinition;
  const checked = check(schema, json);
  if ('output' in checked) return checked.output;
  const sentence = `The secret ${awsSecretKey(name)} does not describe AWS credentials: ${checked.fault.sentence}.`;
  throw new SigilforgeError('invalid_params', sentence, {
    hint: 'It is JSON: {"AccessKeyId":"…","SecretAccessKey":"…"} or {"role_arn":"…","account":"SERVICE/ACCOUNT"}. Store it again with: sigilforge secret set aws/NAME',
  });
}

export function isAwsRole(definition: AwsKeys | AwsRole): definition is AwsRole {
  return 'role_arn' in definition;
}

/** Where a role is asked for: the endpoint that was set up, or AWS's own for the region. */
export function stsEndpoint({ endpoint, region }: Pick<AwsRole, 'endpoint' | 'region'>): URL {
  if (endpoint !== undefined) return new URL(endpoint);
  if (region === undefined) return new URL('https://sts.amazonaws.com/');
  return new URL(`https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`);
}

function isPlainHttps(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password, search, hash } = new URL(address);
  return protocol === 'https:' && `${username}${password}${search}${hash}` === '';
}
