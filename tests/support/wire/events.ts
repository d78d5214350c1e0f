import { onTestFinished } from 'vitest';
import type { SigilforgeClient } from '../../../client/index.js';

/** The types of all events of one account until the running test ends, oldest first. The library tells them at once. */
export async function recordEvents(
  api: SigilforgeClient,
  { service, account }: { service: string; account: string },
): Promise<readonly string[]> {
  const types: string[] = [];
  const { subscription } = await api.subscribe({ topics: ['accounts'] });
  onTestFinished(async () => void (await api.unsubscribe({ subscription })));
  api.onEvent((event) => {
    if (event.topic !== 'accounts' || event.subscription !== subscription) return;
    if (event.service === service && event.account === account) types.push(event.type);
  });
  return types;
}
