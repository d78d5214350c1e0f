import { SigilforgeError } from '../shared/errors.js';
import { PROTOCOL_VERSION } from '../shared/version.js';

/** The error where the daemon speaks another protocol, which says who of the two is old; `undefined` for the same one. */
export function incompatibility(protocol: unknown): SigilforgeError | undefined {
  if (typeof protocol !== 'number' || protocol === PROTOCOL_VERSION) return undefined;
  const both = `The daemon speaks protocol ${protocol}, this program protocol ${PROTOCOL_VERSION}`;
  return protocol < PROTOCOL_VERSION
    ? new SigilforgeError('incompatible', `${both}: the daemon is the old side.`, {
        hint: 'Start the installed version in its place: sigilforge daemon restart',
      })
    : new SigilforgeError('incompatible', `${both}: this program is the old side.`, {
        hint: "Update this program's sigilforge to the version of the daemon.",
      });
}
