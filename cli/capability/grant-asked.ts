import type { Api, CapabilityDetails } from '../../shared/contract/index.js';
import { asSigilforgeError } from '../../shared/errors.js';
import type { Output } from '../terminal/output.js';
import { canAsk, confirm } from '../terminal/prompt.js';

type Granting = Pick<Api, 'grantCapability' | 'getCapability'>;

/** Asks a person for each grant that a capability asks for, if there is a terminal. Returns it as it is then. */
export async function grantAsked(
  client: Granting,
  output: Output,
  capability: CapabilityDetails,
): Promise<CapabilityDetails> {
  const asked = capability.grants.filter(({ asked_for, granted_at }) => asked_for && granted_at === null);
  if (output.json || asked.length === 0 || !canAsk()) return capability;
  const { name } = capability;
  for (const { grant } of asked) {
    const answer = await answerTo(`${name} asks for ${grant}. Grant it?`);
    if (answer === undefined) break;
    if (answer) await client.grantCapability({ name, grant });
  }
  return (await client.getCapability({ name })).capability;
}

/** `undefined`: the person wants no more questions. It is registered all the same. */
async function answerTo(question: string): Promise<boolean | undefined> {
  try {
    return await confirm(question);
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind === 'cancelled') return undefined;
    throw thrown;
  }
}
