import type { AccountInfo, Api } from '../../shared/contract/index.js';

type Asked = Pick<Api, 'listAccounts' | 'getAccount'>;

/** How a provider's host takes tokens over git's protocol. */
interface GitKind {
  /** Its own host; a self-managed one has another. */
  readonly host: string;
  /** Entries that are built in. */
  readonly providers: readonly string[];
  /** The user name that goes with a token. */
  readonly username: string;
  /** Where the repositories are elsewhere than the tokens come from, and the scope that is for them. */
  readonly elsewhere?: { readonly issuer: string; readonly scope: string };
}

const KINDS: readonly GitKind[] = [
  // docs.github.com: authenticating as a GitHub App installation; any name is taken with a user's token.
  { host: 'github.com', providers: ['github', 'github-app'], username: 'x-access-token' },
  // docs.gitlab.com: OAuth 2.0 identity provider API, "Access Git over HTTPS with access token".
  { host: 'gitlab.com', providers: ['gitlab'], username: 'oauth2' },
  // developer.atlassian.com: Bitbucket Cloud, OAuth 2.0, "Cloning a repository with an access token".
  { host: 'bitbucket.org', providers: ['bitbucket'], username: 'x-token-auth' },
  // huggingface.co/docs: security tokens, in the place of a password.
  { host: 'huggingface.co', providers: ['huggingface'], username: 'user' },
  // learn.microsoft.com: Azure DevOps, Microsoft Entra tokens; the scope is the id of Azure DevOps.
  {
    host: 'dev.azure.com',
    providers: ['microsoft'],
    username: 'oauth2',
    elsewhere: {
      issuer: 'https://login.microsoftonline.com',
      scope: '499b84ac-1321-427f-aa17-267ca6975798/',
    },
  },
];

/** What servers that take any name are given, as git-credential-oauth does. */
const ANY_USERNAME = 'oauth2';

/**
 * The accounts whose tokens are for a host: those of built-in providers whose tokens come from that very host, a
 * self-managed one included. What a service is called counts for nothing.
 */
export async function candidatesAt(api: Asked, host: string): Promise<readonly AccountInfo[]> {
  const { accounts } = await api.listAccounts({});
  const fitting = await Promise.all(accounts.map((account) => isFor(api, host, account)));
  return accounts.filter((_, index) => fitting[index]);
}

/** The user name for the token of one of them. */
export function usernameOf({ provider }: AccountInfo): string {
  return kindOf(provider)?.username ?? ANY_USERNAME;
}

/** The user name for the token of an account that a person named for a host. */
export function usernameAt(host: string): string {
  return KINDS.find((kind) => kind.host === host)?.username ?? ANY_USERNAME;
}

async function isFor(api: Asked, host: string, info: AccountInfo): Promise<boolean> {
  const kind = kindOf(info.provider);
  if (kind === undefined) return false;
  const { service, account } = info;
  const { issued_by } = await api.getAccount({ service, account });
  const { elsewhere } = kind;
  if (elsewhere === undefined) return issued_by === `https://${host}`;
  const isScoped = info.scopes.some((scope) => scope.startsWith(elsewhere.scope));
  return host === kind.host && issued_by === elsewhere.issuer && isScoped;
}

function kindOf(provider: string | null): GitKind | undefined {
  return KINDS.find(({ providers }) => provider !== null && providers.includes(provider));
}
