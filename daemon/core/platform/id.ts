import { v7 } from 'uuid';

/** A new UUID version 7 (RFC 9562, section 5.7): ids made later are greater. */
export function newId(): string {
  return v7();
}

/** The moment in which an id was made (RFC 9562, section 5.7), in milliseconds since 1970. */
export function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

/** What comes before every id that is made from then on, in milliseconds since 1970. */
export function idAt(ms: number): string {
  const time = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}
