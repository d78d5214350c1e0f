/** A part of an address that a person fills in, such as the region in `https://{region}.example.org/token`. */
const PLACEHOLDER = /\{([A-Za-z0-9._-]{1,64})\}/g;

/** The names of the placeholders in an address, each once. */
export function placeholdersIn(address: string): string[] {
  return [...new Set([...address.matchAll(PLACEHOLDER)].map(([, name = '']) => name))];
}

/** The address with what `read` finds for each placeholder. */
export function filledAddress(address: string, read: (name: string) => string): string {
  return address.replace(PLACEHOLDER, (_, name: string) => read(name));
}
