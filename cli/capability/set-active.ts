import type { CapabilityDetails } from '../../shared/contract/index.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { sayNeeds } from './needs.js';

/** Says whether a capability may run. */
export async function setActive(context: Context, name: string, active: boolean): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.setCapabilityActive({ name, active }));
  output.result(result, () => {
    output.notice(active ? `${name} may run.` : disabled(result.capability));
    if (active) sayNeeds(output, result.capability);
  });
}

function disabled({ name, service }: CapabilityDetails): string {
  return `${name} runs no more.${service === null ? ' Runs that are under way go on.' : ''}`;
}
