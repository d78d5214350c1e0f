/** Where an issuer is: its host with the port, and the segments of its path. */
interface Place {
  readonly host: string;
  readonly segments: readonly string[];
}

/**
 * Whether an issuer is the one that is known. Servers write the same one in several ways, none of which leads to another
 * server: with a final slash or without, with the usual port, in capitals, without `https://` (Google), or with `http://` behind a
 * proxy that adds TLS. A `{name}` in the path of the known one stands for any one segment, as in the metadata of Microsoft.
 */
export function isSameIssuer(known: string, found: string): boolean {
  const [one, other] = [placeOf(known), placeOf(found)];
  if (!one || !other) return known === found;
  const { host, segments } = one;
  return (
    host === other.host &&
    segments.length === other.segments.length &&
    segments.every((segment, at) => fits(segment, other.segments[at] ?? ''))
  );
}

/** Whether two issuers are on one host, whatever their ports and paths are. */
export function isSameHost(one: string, other: string): boolean {
  const hostname = (issuer: string): string | undefined =>
    URL.canParse(issuer) ? new URL(issuer).hostname : undefined;
  return hostname(one) !== undefined && hostname(one) === hostname(other);
}

function placeOf(issuer: string): Place | undefined {
  const text = /^[a-z][a-z0-9+.-]*:/i.test(issuer) ? issuer : `https://${issuer}`;
  if (!URL.canParse(text)) return undefined;
  const { protocol, host, pathname, search, hash } = new URL(text);
  const isWeb = (protocol === 'https:' || protocol === 'http:') && search === '' && hash === '';
  return isWeb ? { host, segments: pathname.replace(/\/+$/, '').split('/') } : undefined;
}

/** Addresses have braces encoded. */
function fits(known: string, found: string): boolean {
  return known === found || (/^%7B\w+%7D$/i.test(known) && found !== '');
}
