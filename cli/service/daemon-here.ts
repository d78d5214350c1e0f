import { findSocket } from '../../client/address.js';
import { openConnection } from '../../client/connection.js';
import { findHolderHere } from '../../client/holder.js';

/** Whether a daemon of this home runs. On Linux to connect would start the service: there, by its lock. */
export async function isDaemonHere(): Promise<boolean> {
  if (process.platform === 'linux') return findHolderHere() !== undefined;
  const connection = await openConnection(await findSocket());
  connection?.disconnect();
  return connection !== undefined;
}
