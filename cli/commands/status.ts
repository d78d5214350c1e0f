import type { Command } from 'commander';
import { withClient } from '../access/client.js';
import { describeLost, lostDaemon, noteUnchecked, warnOfOtherSession } from '../access/daemon.js';
import { vaultStatus } from '../access/vault.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.action(() => status(context));
  addNotes(command, {
    notes:
      'It never starts a daemon: if none is running, the library in this process answers and the status says so.',
    examples: [
      ['sigilforge status', 'is everything all right?'],
      ['sigilforge status --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge daemon status', 'sigilforge list-accounts'],
  });
}

async function status(context: Context): Promise<void> {
  const { via, warning, found } = await withClient(context, async (client) => {
    // The library knows only then whether a key opens the vault; a daemon has tried at its start.
    if (client.via === 'direct') await client.vaultStatus();
    const found = await client.status();
    // A narrowed connection is told no counts, and nothing more about the vault.
    const isLocked = found.vault.state === 'locked' && found.account_count !== null;
    return { via: client.via, found, warning: isLocked ? (await vaultStatus(client)).warning : null };
  });
  const { pid, started_at, started_by, uptime_s, socket, connections, peers_checked: _, ...rest } = found;
  const daemon =
    via === 'daemon'
      ? { daemon: 'running', pid, started_at, started_by, uptime_s, socket, connections }
      : { daemon: await unasked(context) };
  context.output.result(found, () => context.output.record({ ...daemon, ...rest }));
  if (warning !== null) context.output.warn(warning);
  else await warnOfOtherSession(context, found);
  noteUnchecked(context, found);
  if (found.vault.key_source === 'key_file') {
    context.output.notice(
      "The vault's key is in a file next to the database. A stolen database is safe; a stolen folder is not.",
    );
  }
}

/** How the daemon is that was not asked: with `--direct`, it may well be within reach. */
async function unasked({ direct }: Context): Promise<string> {
  const lost = await lostDaemon();
  if (lost === undefined) return 'not running';
  return direct ? `running (process ${lost.pid}), and not asked` : describeLost(lost);
}
