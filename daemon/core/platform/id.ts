import { v7 } from 'uuid';

/** A new UUID version 7 (RFC 9562, section 5.7): ids made later are greater. */
export function newId(): string {
  return v7();
}

/** The moment in which an id was made (RFC 9562, section 5.7), in milliseconds since 1970. */
export function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}
