import { isUtf8 } from 'node:buffer';
import { isRecord, parseJson } from '../json.js';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** How often a part may have parts itself: a key in PEM within JSON within base64 is three. */
const DEEPEST = 4;

/** What a field is called that holds a secret, and what such a word may end in without holding one. */
const SECRET_NAME =
  /pass|pwd|secret|token|key|cred|auth|private|session|cookie|signature|jwt|dsn|connection/i;
const PUBLIC_NAME =
  /(?:ur[il]|endpoint|type|method|name|scopes?|issuer|expir\w*|(?<=[a-z])at|in|alg|algorithm|file|path|format)$/i;

/** Letters of both cases with digits, or many hexadecimal digits: no name, address or word looks like that. */
const RANDOM = /^(?:(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w+/=.~-]{20,}|[\da-f]{32,}|[\dA-F]{32,})$/;

const PEM_BODY = /-----BEGIN [\w ]+-----([\w+/=\s]*)/g;
const URL_USER = /(?<![\w+.-])[a-z][\w+.-]{0,31}:\/\/([^\s/?#@:]*)(?::([^\s/?#]*))?@/gi;
/** `NAME=value` in env files, INI, TOML, YAML, query and connection strings; the rest of the line may belong to it. */
const ASSIGNMENT =
  /(?<![\w.-])([\w.-]{1,64})["']?[ \t]*[=:](?!\/\/)[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|(?=([^\n\r]{1,256}))([^\s;,&'"]+))/g;
const NETRC_PASSWORD = /(?<!\w)password[ \t]+(\S+)/g;
const BASE64 = /^[\w+/-]{12,}={0,2}\s*$/;
const PRINTABLE = /^[\t\n\r\P{C}]*$/u;

/**
 * A value, its lines, and what in it is a secret by itself: the body of a PEM file, the user and password of a URL, the
 * text behind base64, and the fields of JSON and of lines like `NAME=value`. A field counts if its name says that it is
 * secret (`client_secret`, `apiKey`; not `token_uri`), or if its value looks random. Parts have parts in turn.
 */
export function partsOf(value: Buffer): Buffer[] {
  const parts = new Map<string, Buffer>();
  collect(value, 1, parts);
  return [...parts.values()];
}

function collect(value: Buffer, depth: number, parts: Map<string, Buffer>): void {
  const key = value.toString('latin1');
  if (parts.has(key)) return;
  parts.set(key, value);
  for (const line of linesOf(value)) parts.set(line.toString('latin1'), line);
  if (depth === DEEPEST || !isUtf8(value)) return;
  for (const secret of secretsIn(value.toString())) collect(Buffer.from(secret), depth + 1, parts);
}

function linesOf(value: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < value.length; ) {
    const newline = value.indexOf(NEWLINE, from);
    const end = newline === -1 ? value.length : newline;
    lines.push(value.subarray(from, end > from && value[end - 1] === CARRIAGE_RETURN ? end - 1 : end));
    from = end + 1;
  }
  return lines;
}

function secretsIn(text: string): string[] {
  const json = parseJson(text);
  return [
    ...(json === undefined ? assigned(text) : leavesOf(json, '')),
    ...inUrls(text),
    ...Array.from(text.matchAll(PEM_BODY), ([, body = '']) => body.replace(/\s/g, '')),
    ...behindBase64(text),
  ];
}

/** `name` is that of the field, behind those of the fields around it. */
function leavesOf(json: unknown, name: string): string[] {
  if (Array.isArray(json)) return json.flatMap((item) => leavesOf(item, name));
  if (isRecord(json)) return Object.entries(json).flatMap(([key, item]) => leavesOf(item, `${name} ${key}`));
  if (typeof json === 'string') return name === '' || isSecret(name, json) ? [json] : secretsIn(json);
  return typeof json === 'number' && Number.isSafeInteger(json) && isSecret(name, '') ? [`${json}`] : [];
}

function assigned(text: string): string[] {
  const found: string[] = [];
  for (const [, name = '', double, single, rest, word] of text.matchAll(ASSIGNMENT)) {
    for (const value of [double, single, rest?.trim(), word])
      if (value !== undefined && isSecret(name, value)) found.push(value);
  }
  return [...found, ...Array.from(text.matchAll(NETRC_PASSWORD), ([, password = '']) => password)];
}

function inUrls(text: string): string[] {
  return Array.from(text.matchAll(URL_USER), ([, user = '', password = '']) => [
    ...(RANDOM.test(user) ? [user] : []),
    password,
    percentDecoded(password),
  ]).flat();
}

function behindBase64(text: string): string[] {
  if (!BASE64.test(text)) return [];
  const bytes = Buffer.from(text, 'base64');
  return isUtf8(bytes) && PRINTABLE.test(bytes.toString()) ? [bytes.toString()] : [];
}

function isSecret(name: string, value: string): boolean {
  return (SECRET_NAME.test(name) && !PUBLIC_NAME.test(name)) || RANDOM.test(value);
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
