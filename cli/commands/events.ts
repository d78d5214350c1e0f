import type { Command } from 'commander';
import { follow } from '../../client/follow.js';
import type { SigilforgeEvent } from '../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../shared/errors.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { untilInterrupted } from '../terminal/interrupt.js';

export function configure(command: Command, context: Context): void {
  command
    .option('--runs', 'also what happens to the runs of capabilities')
    .action((options: { runs?: true }) => events(context, options));
  addNotes(command, {
    notes:
      'The events are account_added, account_removed, token_refreshed, needs_auth and recovered. They come from a running daemon, until it exits or you press Ctrl-C. To run a program on one of them, name it in [hooks] of config.toml instead. With --runs: run_created, run_started, message_added and run_ended, too.',
    examples: [
      ['sigilforge events', 'watch what happens to the accounts'],
      ['sigilforge events --runs', 'watch the runs of capabilities as well'],
      ['sigilforge events --json', 'the same for a program, one object a line'],
    ],
    seeAlso: ['sigilforge daemon start', 'sigilforge list-accounts'],
  });
}

async function events({ output, direct }: Context, { runs }: { readonly runs?: true }): Promise<void> {
  if (direct) {
    throw new SigilforgeError(
      'daemon_unavailable',
      'Events come only from the daemon, so they cannot be combined with --direct.',
      { hint: 'Leave out --direct. If no daemon runs, start one with: sigilforge daemon start' },
    );
  }
  const following = await follow(
    runs ? ['accounts', 'runs'] : ['accounts'],
    (event) => output.line(event, cellsOf(event)),
    (sentence) => output.notice(sentence),
  );
  try {
    output.notice('Listening for events. Press Ctrl-C to stop.');
    await untilInterrupted(Promise.race([output.readerGone(), following.ended.then(daemonEnded)]));
  } catch (thrown) {
    // Ctrl-C is the usual way to end it.
    if (asSigilforgeError(thrown).kind !== 'cancelled') throw thrown;
  } finally {
    following.close();
  }
}

function daemonEnded(): never {
  throw new SigilforgeError('daemon_unavailable', 'The daemon has exited, so there are no more events.');
}

function cellsOf(event: SigilforgeEvent): string[] {
  const { at, type } = event;
  if (event.topic === 'accounts') return [at, type, event.service, event.account];
  return [at, type, event.capability ?? '', event.status, event.run_id];
}
