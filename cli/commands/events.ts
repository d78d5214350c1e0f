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
      'The events are account_added, account_removed, token_refreshed, needs_auth and recovered. They come from a running daemon, until it ends or Ctrl-C is pressed. A program that is to run on an event is better named in [hooks] of config.toml.',
    examples: [
      ['sigilforge events', 'watch what happens to the accounts'],
      ['sigilforge events --json', 'the same for a program, one object a line'],
    ],
    seeAlso: ['sigilforge daemon start', 'sigilforge list-accounts'],
  });
}

async function events({ output, direct }: Context): Promise<void> {
  if (direct) {
    throw new SigilforgeError('daemon_unavailable', 'Events come from the daemon, and --direct asks none.');
  }
  const following = await follow((event) => output.line(event, cellsOf(event)));
  try {
    output.notice('Listening for events; Ctrl-C ends it.');
    await untilInterrupted(Promise.race([output.readerGone(), following.ended.then(daemonEnded)]));
  } catch (thrown) {
    // Ctrl-C is how it is meant to end.
    if (asSigilforgeError(thrown).kind !== 'cancelled') throw thrown;
  } finally {
    following.close();
  }
}

function daemonEnded(): never {
  throw new SigilforgeError('daemon_unavailable', 'The daemon has ended, so no more events come.');
}

function cellsOf({ at, type, service, account }: AccountEvent): string[] {
  return [at, type, service, account];
}
