import { SigilforgeError } from '../shared/errors.js';
import { PROTOCOL_VERSION } from '../shared/version.js';

/** The error if the daemon speaks another protocol, which says which side is older; `undefined` for the same protocol. */
export function incompatibility(protocol: unknown): SigilforgeError | undefined {
  if (typeof protocol !== 'number' || protocol === PROTOCOL_VERSION) return undefined;
  const both = `The daemon speaks protocol ${protocol}, this program protocol ${PROTOCOL_VERSION}`;
  return protocol < PROTOCOL_VERSION
    ? new SigilforgeError('incompatible', `${both}: the daemon is older.`, {
        hint: 'Start the installed version in its place: sigilforge daemon restart',
      })
    : new SigilforgeError('incompatible', `${both}: this program is older.`, {
        hint: "Update this program's sigilforge to the version of the daemon.",
      });
}
