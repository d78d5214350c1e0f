import type { CapabilityDetails } from '../../shared/contract/index.js';
import type { Output } from '../terminal/output.js';

/** Says what a capability still needs before it can run, each with the command that gives it. */
export function sayNeeds(
  output: Output,
  { name, active, grants, required_secrets }: CapabilityDetails,
): void {
  for (const { grant, asked_for, granted_at } of grants) {
    if (asked_for && granted_at === null)
      output.notice(`It asks for ${grant}. Grant that with: sigilforge capability grant ${name} '${grant}'`);
  }
  for (const secret of required_secrets.filter(({ is_set }) => !is_set)) {
    const purpose =
      secret.description === '' ? '' : ` (${name} says: ${secret.description.replace(/\.$/, '')})`;
    const where = secret.obtain === null ? '' : ` Get one at ${secret.obtain}`;
    output.notice(
      `It needs a secret ${secret.name}${purpose}.${where} Set it with: sigilforge capability secret set ${name} ${secret.name}`,
    );
  }
  if (!active) output.notice(`It is not active. Let it run with: sigilforge capability enable ${name}`);
}
