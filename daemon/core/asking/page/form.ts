import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import type { WantedSecret } from '../../../../shared/manifest.js';
import { Secret } from '../../../../shared/secret.js';

/** Bytes of a form: the largest secret, with each of its bytes as `%XX`, and others beside it. */
const MOST_BYTES = 1024 * 1024;

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** What a person sent. */
export interface Form {
  readonly action: 'save' | 'decline';
  readonly words: string;
  /** Of the secrets that were asked for, those that are not empty. */
  readonly values: ReadonlyMap<string, Secret>;
}

/** Why a form is not read, as a status of HTTP. */
type Unreadable = 400 | 413 | 415;

const Fields = v.object({
  action: v.picklist(['save', 'decline']),
  words: v.optional(v.string(), ''),
});

/** The name of the field for a secret. */
export function fieldOf(name: string): string {
  return `value.${name}`;
}

/** The body of a request as a form. Rejects if the connection ends before it does. */
export async function readForm(
  incoming: IncomingMessage,
  secrets: readonly WantedSecret[],
): Promise<Form | Unreadable> {
  if (!FORM_TYPE.test(incoming.headers['content-type'] ?? '')) return 415;
  const body = await readBody(incoming);
  if (body === undefined) return 413;
  const fields = fieldsIn(body);
  const checked = v.safeParse(Fields, fields && Object.fromEntries(fields));
  if (fields === undefined || !checked.success) return 400;
  const values = new Map<string, Secret>();
  for (const { name } of secrets) {
    const value = fields.get(fieldOf(name));
    if (value) values.set(name, new Secret(value));
  }
  return { ...checked.output, values };
}

/** `undefined` for one that is too long, which is read to its end all the same: otherwise no browser shows the answer. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MOST_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes > MOST_BYTES ? undefined : Buffer.concat(chunks).toString('latin1');
}

/** `undefined` if one of them is there twice, or is not UTF-8: what was typed would not be what is stored. */
function fieldsIn(body: string): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  if (!/^[\x21-\x7e]*$/.test(body)) return undefined;
  try {
    for (const pair of body.split('&')) {
      const [name = '', value = ''] = pair.split(/=(.*)/s).map(decoded);
      if (fields.has(name)) return undefined;
      fields.set(name, value);
    }
  } catch {
    return undefined;
  }
  return fields;
}

function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
