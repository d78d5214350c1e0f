import type { Command } from 'commander';
import { follow } from '../../client/follow.js';
import type { AccountEvent } from '../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../shared/errors.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { untilInterrupted } from '../terminal/interrupt.js';

export function configure(command: Command, context: Context): void {
  command.action(() => events(context));
  addNotes(command, {
    notes:
      'The events are account_added, account_removed, token_refreshed, needs_auth and recovered. They come from a running daemon, until it exits or you press Ctrl-C. To run a program on an event, name it in [hooks] of config.toml instead.',
    examples: [
      ['sigilforge events', 'watch what happens to the accounts'],
      ['sigilforge events --json', 'the same for a program, one object a line'],
    ],
    seeAlso: ['sigilforge daemon start', 'sigilforge list-accounts'],
  });
}

async function events({ output, direct }: Context): Promise<void> {
  if (direct) {
    throw new SigilforgeError(
      'daemon_unavailable',
      'Events come only from the daemon, so they cannot be combined with --direct.',
      { hint: 'Leave out --direct. If no daemon runs, start one with: sigilforge daemon start' },
    );
  }
  const following = await follow(
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

function cellsOf({ at, type, service, account }: AccountEvent): string[] {
  return [at, type, service, account];
}
