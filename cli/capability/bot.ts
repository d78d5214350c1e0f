import type { Api, CapabilityDetails } from '../../shared/contract/index.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { untilInterrupted } from '../terminal/interrupt.js';
import type { Output } from '../terminal/output.js';

type Method = 'startCapability' | 'stopCapability' | 'restartCapability';

/** Starts, stops or restarts a bot, and says how it stands then. */
export async function changeBot(
  context: Context,
  name: string,
  { method, waiting }: { readonly method: Method; readonly waiting: string },
): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client: Pick<Api, Method>) =>
    untilInterrupted(output.waiting(waiting, client[method]({ name }))),
  );
  output.result(result, () => sayState(output, result.capability));
}

function sayState(output: Output, { name, service, bot }: CapabilityDetails): void {
  output.notice(
    `${name} is ${service ?? 'no bot'}.${bot === null ? '' : ` It says what it does in ${bot.transcript}`}`,
  );
}

/** A bot that is up has nothing of what was just changed. */
export function sayRestart(
  output: Output,
  { name, service }: Pick<CapabilityDetails, 'name' | 'service'>,
): void {
  if (service === 'running')
    output.notice(
      `${name} is up with what it had before. Restart it with: sigilforge capability restart ${name}`,
    );
}
