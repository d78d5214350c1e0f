import type { BotState, ServiceStatus } from '../../../shared/contract/index.js';
import type { Capability } from '../capabilities/capability.js';
import type { DayTranscript } from './day-transcript.js';

/** How a bot stands. */
export interface BotStatus {
  readonly service: ServiceStatus;
  readonly bot: BotState;
}

/** How one stands that this process has not started. */
export function idleStatus(
  { service }: Pick<Capability, 'service'>,
  transcript: Pick<DayTranscript, 'file'>,
): BotStatus {
  return {
    service: service === 'created' ? 'created' : 'stopped',
    bot: {
      ...{ since: null, run_id: null, restarts: 0, next_start_at: null, error: null },
      transcript: transcript.file,
    },
  };
}
