import * as v from 'valibot';
import { AccountName, ServiceName } from '../../shared/schemas.js';
import { badArgument } from '../arguments/context.js';

/** What `helper install` and `helper uninstall` take. Each helper says which of them mean something to it. */
export interface HelperOptions {
  readonly account?: string;
  readonly host?: string;
  readonly file?: string;
  readonly global?: boolean;
  readonly user?: string;
  readonly profile?: string;
  readonly roleArn?: string;
  readonly idToken?: boolean;
  readonly region?: string;
  readonly endpoint?: string;
}

/** How each is written, and what it means. */
export const HELPER_OPTIONS: Readonly<
  Record<keyof HelperOptions, readonly [flags: string, meaning: string]>
> = {
  account: ['--account <SERVICE/ACCOUNT>', 'the account whose token it gets'],
  host: ['--host <HOST>', 'the host that it is for'],
  file: ['--file <FILE>', 'the configuration file, if not the usual one'],
  global: ['--global', 'for all projects of this user'],
  user: ['--user <NAME>', 'the user name that goes with the token'],
  profile: ['--profile <NAME>', 'the profile that it is for'],
  roleArn: ['--role-arn <ARN>', 'the role that the account assumes'],
  idToken: ['--id-token', "give the account's ID token instead of its access token"],
  region: ['--region <REGION>', 'the region of the profile'],
  endpoint: ['--endpoint <URL>', 'where the role is asked for, if not at AWS'],
};

/** The part of a helper that options are checked by. */
interface Taking {
  readonly name: string;
  readonly takes: readonly (keyof HelperOptions)[];
  readonly example: string;
}

/** Throws for an option that a helper does not take. */
export function assertTaken(helper: Taking, options: HelperOptions): void {
  for (const [name, [flags]] of Object.entries(HELPER_OPTIONS)) {
    if (!Object.hasOwn(options, name) || helper.takes.some((taken) => taken === name)) continue;
    throw badArgument(
      `The helper for ${helper.name} does not take ${flags.split(' ')[0]}.`,
      `Write it as: ${helper.example}`,
    );
  }
}

/** The account of `--account SERVICE/ACCOUNT`. */
export function readAccount(text: string): { readonly service: string; readonly account: string } {
  const [service, account, ...more] = text.split('/');
  const name = v.safeParse(ServiceName, service);
  if (name.success && v.is(AccountName, account) && more.length === 0)
    return { service: name.output, account };
  throw badArgument('--account is written as SERVICE/ACCOUNT.', 'For example: --account github/work');
}
