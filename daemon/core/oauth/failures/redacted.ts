import type { Secret } from '../../../../shared/secret.js';
import { formEncoded } from '../registration/form-encoded.js';

/** So many characters of a secret show that it is quoted, even if the rest was cut off. */
const TELLING_LENGTH = 16;

/**
 * A provider's text without the secrets that it repeats from a request: as they are, as they travelled, and in the header of
 * HTTP Basic, which some gateways quote whole.
 */
export function redacted(text: string, secrets: readonly Secret[], clientId: string): string {
  return secrets
    .flatMap((secret) => formsOf(secret.reveal(), clientId))
    .reduce((clean, form) => without(clean, form), text);
}

function formsOf(secret: string, clientId: string): string[] {
  const pairs = [`${clientId}:${secret}`, `${formEncoded(clientId)}:${formEncoded(secret)}`];
  return [
    ...[secret, formEncoded(secret), encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)],
    ...[secret, ...pairs].map((part) => Buffer.from(part).toString('base64')),
  ];
}

/** Without the form, and without what begins as it does. */
function without(text: string, form: string): string {
  if (form === '') return text;
  const [first = '', ...rest] = text.split(form.slice(0, TELLING_LENGTH));
  const after = (part: string): string => {
    const remainder = form.slice(TELLING_LENGTH);
    return part.startsWith(remainder) ? part.slice(remainder.length) : part.replace(/^\S*/, '');
  };
  return [first, ...rest.map(after)].join('[redacted]');
}
