import type { Api } from '../../shared/contract/index.js';
import { ACCOUNT, SERVICE, work } from './accounts.js';
import type { Sandbox } from './start/sandbox.js';

/** The access tokens that twenty callers get at once: two command lines, one of them past the daemon, and these clients. */
export async function askTwenty(clients: readonly Api[], sandbox: Sandbox): Promise<string[]> {
  const lines = [[], ['--direct']].map((options) => sandbox.run([...options, 'get-token', SERVICE, ACCOUNT]));
  const calls = Array.from({ length: 18 }, (_, index) => clients[index % clients.length]?.getToken(work));
  const [answers, ends] = await Promise.all([Promise.all(calls), Promise.all(lines)]);
  return [...answers.map((answer) => answer?.access_token ?? ''), ...ends.map(({ stdout }) => stdout.trim())];
}
