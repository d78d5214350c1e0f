import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { inHeldFolder } from '../../../client/held-folder.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { type ProgramEnd, programEnd } from '../../../shared/program-end.js';
import { createWorkspace } from '../workspace.js';

/** Two ends of one stream. */
interface Pair {
  readonly ours: net.Socket;
  readonly theirs: ProgramEnd;
}

const NAME = 'pair';
const PROOF_BYTES = 16;

/**
 * Makes a pair of connected sockets (socketpair(2), which Node does not have) by way of a path in a private folder, which is
 * gone afterwards. Throws `unsafe_path` if another process has connected to it, and as `createWorkspace` does.
 */
export async function openPair(): Promise<Pair> {
  const workspace = createWorkspace(0);
  try {
    return await inHeldFolder(workspace.folder, (folder) => connectAt(path.join(folder, NAME)));
  } finally {
    workspace.remove();
  }
}

async function connectAt(name: string): Promise<Pair> {
  // Paused, it reads nothing that is for the program.
  const server = net.createServer({ pauseOnConnect: true });
  const accepted = once(server.listen(name), 'connection');
  try {
    await Promise.race([once(server, 'listening'), accepted]);
    const ours = net.connect(name);
    ours.on('error', () => ours.destroy());
    const [theirs] = await accepted;
    if (!(theirs instanceof net.Socket)) throw new TypeError('A connection is not a socket.');
    await assertOneStream(theirs, ours);
    return { ours, theirs: programEnd(theirs) };
  } finally {
    server.close();
  }
}

/** Another process of this user could have connected first. */
async function assertOneStream(one: net.Socket, other: net.Socket): Promise<void> {
  const proof = randomBytes(PROOF_BYTES);
  one.write(proof);
  const [seen] = await Promise.race([once(other, 'data'), once(other, 'close')]);
  other.pause();
  if (Buffer.isBuffer(seen) && seen.equals(proof)) return;
  one.destroy();
  other.destroy();
  throw new SigilforgeError('unsafe_path', 'Another program has connected to a private socket of this one.', {
    hint: 'See which programs of yours do that, and end them.',
  });
}
