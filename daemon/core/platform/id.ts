import { v7 } from 'uuid';

/** A new UUID version 7 (RFC 9562, section 5.7): ids made later are greater. */
export function newId(): string {
  return v7();
}
