import { BlockList, isIP } from 'node:net';
import { SigilforgeError } from '../../../../shared/errors.js';

/** Addresses that reach this machine and no other: loopback (RFC 1122, section 3.2.1.3; RFC 4291) and unspecified ones. */
const OWN_ADDRESSES = new BlockList();
OWN_ADDRESSES.addSubnet('127.0.0.0', 8, 'ipv4');
OWN_ADDRESSES.addSubnet('0.0.0.0', 8, 'ipv4');
OWN_ADDRESSES.addAddress('::', 'ipv6');
OWN_ADDRESSES.addAddress('::1', 'ipv6');

const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'device_authorization_endpoint',
  'revocation_endpoint',
  'registration_endpoint',
] as const;

/** The endpoints that a server's metadata names. */
type Endpoints = Readonly<Record<(typeof ENDPOINTS)[number], string | null>>;

/**
 * Throws `denied` if the metadata of an issuer elsewhere names an endpoint on this machine, or one without https: codes,
 * secrets and refresh tokens would go to a program here that the issuer has chosen, or be readable on the way.
 */
export function assertEndpointsElsewhere(issuer: string, metadata: Endpoints): void {
  if (isThisMachine(new URL(issuer))) return;
  for (const name of ENDPOINTS) {
    const endpoint = metadata[name];
    if (endpoint === null || !URL.canParse(endpoint)) continue;
    const url = new URL(endpoint);
    if (isThisMachine(url)) throw refused(issuer, name, url, 'is on this machine');
    if (url.protocol !== 'https:') throw refused(issuer, name, url, 'is not https');
  }
}

/** Whether an address names this machine, by a name reserved for that (RFC 6761, section 6.3) or by number. */
function isThisMachine({ hostname }: URL): boolean {
  const name = hostname.replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const address = name.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  return version !== 0 && OWN_ADDRESSES.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

function refused(issuer: string, name: string, { origin }: URL, fault: string): SigilforgeError {
  return new SigilforgeError(
    'denied',
    `The metadata of ${issuer} names the ${name} ${origin}, which ${fault}.`,
    { hint: 'Do not sign in there. Check the issuer, and tell its operator.' },
  );
}
