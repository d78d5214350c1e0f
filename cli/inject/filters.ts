import { badArgument } from '../arguments/context.js';

/** A form of a value for the place that it is written into. Gives a fault in words if the value has no such form. */
export type Filter = (value: Buffer) => Buffer | { readonly fault: string };

/** The names of the filters, and what each makes of a value. */
const filters = {
  /** The value as a JSON string, with its quotes. */
  json: (value) => {
    const text = textOf(value);
    return text === undefined ? { fault: 'is not UTF-8 text' } : Buffer.from(JSON.stringify(text));
  },
  base64: (value) => Buffer.from(value.toString('base64')),
  /** One word for a POSIX shell. */
  shell: (value) =>
    value.includes(0)
      ? { fault: 'holds a zero byte, which no shell can pass on' }
      : Buffer.from(`'${value.toString('latin1').replaceAll("'", "'\\''")}'`, 'latin1'),
  /** Percent-encoded, except the characters that RFC 3986 calls unreserved. */
  url: (value) => Buffer.from([...value].map(percentEncoded).join('')),
} satisfies Readonly<Record<string, Filter>>;

export type FilterName = keyof typeof filters;
export const filterNames = Object.keys(filters).filter(isFilterName);

export function isFilterName(name: string): name is FilterName {
  return Object.hasOwn(filters, name);
}

/** The value in the form that the filters make of it, from the left. `where` begins the sentence of an error. */
export function filtered(where: string, value: Buffer, names: readonly FilterName[]): Buffer {
  return names.reduce((before, name) => {
    const after = filters[name](before);
    if (Buffer.isBuffer(after)) return after;
    throw badArgument(
      `${where}: the filter ${name} cannot write this value, which ${after.fault}.`,
      'Use the filter base64 for it.',
    );
  }, value);
}

function textOf(value: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return undefined;
  }
}

function percentEncoded(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z0-9._~-]/.test(character)) return character;
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
