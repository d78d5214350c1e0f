import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import {
  AwsName,
  AwsRegion,
  awsCachedKey,
  awsSecretKey,
  isAwsRole,
  readAwsDefinition,
} from '../../shared/aws-definition.js';
import { definedOnly } from '../../shared/defined.js';
import { badArgument } from '../arguments/context.js';
import { blockIds, blockOf, withBlock, withoutBlock } from './blocks.js';
import { readText } from './changes.js';
import type { Definition } from './definition.js';
import type { Edit, Helper, Setup } from './helper.js';
import { type HelperOptions, readAccount } from './options.js';
import { shellLine } from './our-command.js';

/** How AWS's programs are told to ask Sigilforge; the daemon asks AWS. */
export const aws: Helper = {
  name: 'aws',
  summary: 'aws, and every program that reads ~/.aws/config',
  program: 'aws',
  takes: ['file', 'profile', 'account', 'roleArn', 'idToken', 'region', 'endpoint'],
  example: 'sigilforge helper install aws --profile work --role-arn ARN --account google/work --id-token',
  install: (options, command) => [edit(options, (text, file) => installed(text, file, options, command))],
  uninstall: (options) => [edit(options, (text) => withoutBlock(text, blockId(profileOf(options))))],
  defines: definition,
  examine: () => setupsIn(usualFile()),
  advice: ({ profile = '', roleArn }) =>
    roleArn === undefined
      ? [`The keys are the secret aws/${profile}: {"AccessKeyId":"…","SecretAccessKey":"…"}`]
      : [],
};

const ASSUMED_BY = '# a role that is assumed by ';

function edit(options: HelperOptions, change: (text: string, file: string) => string): Edit {
  const file = options.file === undefined ? usualFile() : path.resolve(options.file);
  const holdsOurs = (text: string): boolean => blockIds(text, blockId('')).length > 0;
  return { file, change: (text) => change(text, file), holdsOurs };
}

function installed(text: string, file: string, options: HelperOptions, command: readonly string[]): string {
  const profile = profileOf(options);
  const header = profile === 'default' ? '[default]' : `[profile ${profile}]`;
  if (isThere(withoutBlock(text, blockId(profile)), profile)) {
    throw badArgument(
      `${file} has a profile ${profile} already, and a second one would make it unreadable.`,
      `Choose another name, or write into it: credential_process = ${shellLine([...command, 'aws-credentials', profile])}`,
    );
  }
  const { region, account } = options;
  return withBlock(text, blockId(profile), [
    ...(account === undefined ? [] : [`${ASSUMED_BY}${account}`]),
    header,
    `credential_process = ${shellLine([...command, 'aws-credentials', profile])}`,
    ...(region === undefined ? [] : [`region = ${region}`]),
  ]);
}

function isThere(text: string, profile: string): boolean {
  return text.split(/\r?\n/).some((line) => {
    const [, name = ''] = /^\[\s*(.+?)\s*\]/.exec(line) ?? [];
    const known = name.replace(/^profile\s+/, '').replace(/^(["'])(.*)\1$/, '$2');
    return known === profile;
  });
}

/** What the role is, or nothing: keys are stored by the person, and never deleted here. */
function definition(options: HelperOptions): Definition {
  const profile = profileOf(options);
  const isOurs = (value: string): boolean => isRole(profile, value);
  const key = awsSecretKey(profile);
  return { key, value: roleOf(profile, options), isOurs, derived: [awsCachedKey(profile)] };
}

function roleOf(profile: string, options: HelperOptions): string | undefined {
  const { roleArn, account, idToken = false, region, endpoint } = options;
  if (region !== undefined && !v.is(AwsRegion, region))
    throw badArgument('--region is not the name of a region.', 'For example: --region eu-central-1');
  if (roleArn === undefined) {
    if (account === undefined && !idToken && endpoint === undefined) return undefined;
    throw badArgument('An account needs a role that it assumes.', 'Name it with: --role-arn ARN');
  }
  if (account === undefined)
    throw badArgument('Which account assumes the role?', 'For example: --account google/work');
  const named = readAccount(account);
  const role = JSON.stringify({
    role_arn: roleArn,
    account: `${named.service}/${named.account}`,
    ...(idToken && { token: 'id_token' }),
    ...definedOnly({ region, endpoint }),
  });
  readAwsDefinition(profile, role);
  return role;
}

function isRole(profile: string, value: string): boolean {
  try {
    return isAwsRole(readAwsDefinition(profile, value));
  } catch {
    return false;
  }
}

function profileOf({ profile }: HelperOptions): string {
  if (v.is(AwsName, profile)) return profile;
  throw badArgument(
    profile === undefined ? 'Which profile is it for?' : 'This is not a name for a profile.',
    'For example: --profile work',
  );
}

function blockId(profile: string): string {
  return `aws ${profile}`;
}

function setupsIn(file: string): Setup[] {
  const text = readText(file) ?? '';
  return blockIds(text, blockId('')).map((id) => {
    const lines = blockOf(text, id) ?? [];
    const by = lines.find((line) => line.startsWith(ASSUMED_BY))?.slice(ASSUMED_BY.length);
    const [service, account] = by?.split('/') ?? [];
    const [, quoted, plain] = /^credential_process = (?:'([^']*)'|(\S+))/m.exec(lines.join('\n')) ?? [];
    const serves = `profile ${id.slice(blockId('').length)}`;
    return { file, serves, starts: quoted ?? plain, ...definedOnly({ service, account }) };
  });
}

function usualFile(): string {
  return process.env['AWS_CONFIG_FILE'] || path.join(os.homedir(), '.aws', 'config');
}
