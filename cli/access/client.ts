import type { SigilforgeClient } from '../../client/index.js';
import { badArgument, type Context } from '../arguments/context.js';
import { untilInterrupted } from '../terminal/interrupt.js';
import { claimToday } from '../terminal/once-a-day.js';
import type { Output } from '../terminal/output.js';
import { describeLost, lostDaemon } from './daemon.js';

/** A client as the arguments ask for it: of the daemon, else of the library in this process, which a notice says. */
export async function openClient(context: Context): Promise<SigilforgeClient> {
  if (context.direct) return openLibrary(context);
  const { connect } = await import('../../client/index.js');
  const onNotice = (sentence: string): void => context.output.notice(sentence);
  const client = await connect({ fallback: context.fallback ? 'direct' : 'none', onNotice });
  if (client.via === 'direct') await noteDirect(context.output);
  return client;
}

/** A daemon that no socket leads to is said at each call, because that is a fault; none at all, once a day. */
async function noteDirect(output: Output): Promise<void> {
  const lost = await lostDaemon();
  if (lost)
    return output.notice(`The daemon is ${describeLost(lost)}, so the library in this process is used.`);
  if (output.quiet || output.json || !claimToday('no-daemon')) return;
  output.notice(
    'No daemon is running, so the library in this process is used. Start it with: sigilforge daemon start, or at each login with: sigilforge daemon install',
  );
}

/**
 * Runs `use` with an open client and closes it. After a signal the client is still closed in good order: if it is the
 * library in this process, an exchange with a provider must not be cut off.
 */
export async function withClient<T>(
  context: Context,
  use: (client: SigilforgeClient) => Promise<T>,
): Promise<T> {
  const client = await openClient(context);
  try {
    return await untilInterrupted(use(client));
  } finally {
    await client.close();
  }
}

async function openLibrary(context: Context): Promise<SigilforgeClient> {
  if (!context.fallback) throw badArgument('--direct and --no-fallback cannot be combined.');
  const { openDirect } = await import('../../client/direct.js');
  return openDirect((sentence) => context.output.notice(sentence));
}
