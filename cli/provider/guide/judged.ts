import * as v from 'valibot';
import type { Provider } from '../../../shared/provider.js';
import { AddressPart } from '../../../shared/schemas.js';
import { looksLikeId, looksLikeSecret, looksLikeToken } from './shapes.js';

/** An answer as it is stored, or a sentence that says what is wrong with it. It never repeats the answer. */
export type Judged = { readonly value: string } | { readonly fault: string };

const QUOTED = /^(["'`])(.*)\1$/s;

/** What was copied together with an answer: spaces, line breaks and quotes around it. */
function cleaned(text: string): string {
  const trimmed = text.trim();
  return QUOTED.exec(trimmed)?.[2]?.trim() ?? trimmed;
}

export function judgeClientId({ id, redirect, client_id_documents }: Provider, text: string): Judged {
  const value = cleaned(text);
  if (value === '') return { fault: 'Paste the client id, or press Ctrl-C to stop.' };
  if (/\s/.test(value)) return { fault: 'A client id has no spaces in it. Copy it once more.' };
  if (value === redirect.uri) return { fault: 'This is the redirect URI. Paste the client id here.' };
  if (/^https?:/i.test(value) && !client_id_documents) {
    return { fault: 'This is an address. Paste the client id, which the provider shows.' };
  }
  if (looksLikeSecret(id, value)) return { fault: 'This looks like the secret. Paste the client id first.' };
  if (looksLikeToken(value)) return { fault: 'This looks like a token. Paste the id of the client.' };
  return { value };
}

/** An empty answer is right where the client may have no secret. */
export function judgeSecret(id: string, isOptional: boolean, clientId: string | null, text: string): Judged {
  const value = cleaned(text);
  if (value === '' && !isOptional) return { fault: 'Paste the client secret, or press Ctrl-C to stop.' };
  if (value !== '' && value === clientId) return { fault: 'This is the client id again. Paste the secret.' };
  if (looksLikeId(id, value)) return { fault: 'This looks like an id, not like the secret itself.' };
  return { value };
}

export function judgePlace(name: string, text: string): Judged {
  const value = cleaned(text);
  if (value === '') return { fault: `Enter the ${name}, or press Ctrl-C to stop.` };
  if (!v.is(AddressPart, value)) {
    return { fault: 'Enter only that part of the address: letters, digits, - and single full stops.' };
  }
  return { value };
}
