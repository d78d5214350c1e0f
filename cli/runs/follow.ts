import type { SigilforgeClient } from '../../client/index.js';
import type { Api, ResultOf, RunMessage } from '../../shared/contract/index.js';

/** How long one `wait_run` waits: long enough not to be polling, short enough to notice a lost connection. */
const WAIT_S = 60;

/** A run and, if it is completed, its response. */
export type RunEnd = ResultOf<'wait_run'>;

/** Resolves once a run is over. */
export async function untilOver(client: Pick<Api, 'waitRun'>, runId: string): Promise<RunEnd> {
  for (;;) {
    const end = await client.waitRun({ run_id: runId, timeout_s: WAIT_S });
    if (end.run.completed_at !== null) return end;
  }
}

type Follower = Pick<SigilforgeClient, 'onEvent' | 'subscribe' | 'unsubscribe' | 'listMessages' | 'waitRun'>;

/** The same, with everything that it says, in its order, as it comes. */
export async function followRun(
  client: Follower,
  runId: string,
  print: (message: RunMessage) => void,
): Promise<RunEnd> {
  let last: string | null = null;
  let reading: Promise<void> = Promise.resolve();
  const read = async (): Promise<void> => {
    const { messages } = await client.listMessages({ run_id: runId, after: last });
    for (const message of messages) print(message);
    last = messages.at(-1)?.id ?? last;
  };
  /** One after the other, so that nothing is printed twice. */
  const readOn = (): Promise<void> => {
    reading = reading.then(read);
    return reading;
  };
  const leave = client.onEvent((event) => {
    // What fails here fails for the last reading as well.
    if (event.topic === 'runs' && event.run_id === runId) readOn().catch(() => {});
  });
  const { subscription } = await client.subscribe({ topics: ['runs'] });
  try {
    await readOn();
    const end = await untilOver(client, runId);
    await readOn();
    return end;
  } finally {
    leave();
    await client.unsubscribe({ subscription }).catch(() => {});
  }
}
