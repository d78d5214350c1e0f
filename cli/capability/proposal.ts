import type { Api, ProposalInfo } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { isWild } from '../../shared/grant.js';
import type { Output } from '../terminal/output.js';
import { ownWords } from './own-words.js';

/** So many references stand in a table. */
const IN_TABLE = 3;

/** What a proposal would allow, for a table. */
export function allowedBy({ covers, covers_count }: ProposalInfo): string {
  const shown = covers.slice(0, IN_TABLE);
  if (shown.length === 0) return 'nothing that is there now';
  const more = covers_count - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

/** Shows a person who asks for what, why, and what that would allow. */
export function showProposal(output: Output, proposal: ProposalInfo): void {
  const { capability, grant, reason, covers, covers_count } = proposal;
  output.say(`${capability} asks for ${grant}`);
  output.say(ownWords(capability, reason));
  if (covers.length === 0) output.say('It would allow nothing that is there now.');
  else output.say('It would allow:');
  for (const reference of covers) output.say(`  ${reference}`);
  if (covers_count > covers.length) output.say(`  and ${covers_count - covers.length} more`);
  if (isWild(grant)) output.say('And what fits it and is added later.');
}

/** Throws `not_found`. */
export async function findProposal(client: Pick<Api, 'listProposals'>, id: string): Promise<ProposalInfo> {
  const { proposals } = await client.listProposals();
  const proposal = proposals.find((one) => one.id === id);
  if (proposal) return proposal;
  throw new SigilforgeError('not_found', 'There is no such proposal.', {
    hint: 'List those that wait for you with: sigilforge capability proposals',
  });
}
