import { parseJson } from '../../shared/json.js';
import { badArgument } from '../arguments/context.js';

/*
 * Users of ours in a kubeconfig, which is YAML as kubectl writes it: lines, with the list of users below `users:`. Only lines
 * of ours are added and taken away, so that comments, order and layout of all others stay; kubectl itself may write them again.
 */

/** A user who gets credentials by a command. */
export interface ExecUser {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** What an entry of ours has among its arguments. */
const OURS = 'kube-credential';

/** Behind `users:`, where that line is ours: what was there before, as JSON; `null` is a last line that nothing ended. */
const WAS = ' # sigilforge, before: ';

/** The text with this user, in the place of one of ours with that name. Throws if it has another one of that name. */
export function withUser(text: string, user: ExecUser): string {
  const rest = withoutUsers(text, (name) => name === user.name);
  const lines = linesOf(rest);
  assertReadable(lines);
  const end = /\r\n/.test(rest) ? '\r\n' : '\n';
  const at = lines.findIndex((line) => /^users:/.test(line));
  if (at < 0) {
    const isWhole = rest === '' || rest.endsWith('\n');
    const head = `users:${WAS}${isWhole ? '""' : 'null'}`;
    return `${rest}${isWhole ? '' : end}${[head, ...entry(user, '')].join(end)}${end}`;
  }
  const items = itemsOf(lines, at);
  if (items.some(({ name }) => name === user.name)) {
    throw badArgument(
      'The kubeconfig has a user of this name already, with credentials of its own.',
      'Choose another name with --user, and have a context of the kubeconfig use it.',
    );
  }
  const written = entry(user, items[0]?.indent ?? '').map((line) => line + end);
  return [...lines.slice(0, at), emptied(lines[at] ?? '', end), ...written, ...lines.slice(at + 1)].join('');
}

/** The text without our users of these names. */
export function withoutUsers(text: string, isMeant: (name: string) => boolean): string {
  const lines = linesOf(text);
  const at = lines.findIndex((line) => /^users:/.test(line));
  if (at < 0) return text;
  const items = itemsOf(lines, at);
  const ours = items.filter((item) => userIn(item) !== undefined && isMeant(item.name ?? ''));
  if (ours.length === 0) return text;
  const kept = lines.filter((_, index) => !ours.some(({ from, to }) => from <= index && index < to));
  if (ours.length < items.length) return kept.join('');
  const [, was] = (kept[at] ?? '').split(WAS);
  const line = was === undefined ? kept[at] : parseJson(was);
  const before = kept.slice(0, at).join('');
  return (
    (typeof line === 'string' ? before + line : before.replace(/\r?\n$/, '')) + kept.slice(at + 1).join('')
  );
}

/** Our users. */
export function ourUsers(text: string): readonly ExecUser[] {
  const lines = linesOf(text);
  const at = lines.findIndex((line) => /^users:/.test(line));
  return at < 0 ? [] : itemsOf(lines, at).flatMap((item) => userIn(item) ?? []);
}

function entry({ name, command, args }: ExecUser, indent: string): string[] {
  return [
    `- name: ${quoted(name)}`,
    '  user:',
    '    exec:',
    '      apiVersion: client.authentication.k8s.io/v1beta1',
    `      command: ${quoted(command)}`,
    '      args:',
    ...args.map((word) => `      - ${quoted(word)}`),
    '      interactiveMode: Never',
    '      provideClusterInfo: false',
  ].map((line) => indent + line);
}

/** A word as it is, where YAML reads it as such; otherwise as a JSON string, which YAML reads the same. */
function quoted(word: string): string {
  return /^[A-Za-z/][\w./@+-]*$/.test(word) && !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(word)
    ? word
    : JSON.stringify(word);
}

/** `users:` without the value that says that there are none. */
function emptied(line: string, end: string): string {
  const [, value = ''] = /^users:(.*?)\r?\n?$/.exec(line) ?? [];
  const [, said = ''] = /^\s*(.*?)\s*(?:#.*)?$/.exec(value) ?? [];
  if (said === '' && line.endsWith('\n')) return line;
  if (['', '[]', 'null', '~'].includes(said)) return `users:${WAS}${JSON.stringify(line)}${end}`;
  throw notReadable();
}

interface Item {
  readonly from: number;
  readonly to: number;
  readonly indent: string;
  readonly name: string | undefined;
  readonly lines: readonly string[];
}

/** The entries of the list below the line `at`. Comments and empty lines behind an entry are not part of it. */
function itemsOf(lines: readonly string[], at: number): Item[] {
  const [, indent] = /^(\s*)- /.exec(lines.slice(at + 1).find(isContent) ?? '') ?? [];
  if (indent === undefined) return [];
  const starts = `${indent}- `;
  const isInside = (line: string): boolean => line.startsWith(`${indent} `);
  const end = lines.findIndex(
    (line, index) => index > at && isContent(line) && !line.startsWith(starts) && !isInside(line),
  );
  const section = lines.slice(0, end < 0 ? lines.length : end);
  const froms = section.flatMap((line, index) => (index > at && line.startsWith(starts) ? [index] : []));
  return froms.map((from, index) => {
    const span = section.slice(from, froms[index + 1]);
    const to = from + span.findLastIndex(isContent) + 1;
    const own = section.slice(from, to).map((line) => line.slice(indent.length));
    return { from, to, indent, name: textOf(own, /^[- ] name:/), lines: own };
  });
}

/** The command of an entry, if it is one of ours. */
function userIn({ name, lines }: Item): ExecUser | undefined {
  const command = textOf(lines, /^\s+command:/);
  const first = lines.findIndex((line) => /^\s+args:\s*$/.test(line)) + 1;
  const [, indent] = /^(\s*)- /.exec(lines[first] ?? '') ?? [];
  if (name === undefined || command === undefined || first === 0 || indent === undefined) return undefined;
  const last = lines.findIndex((line, index) => index >= first && !line.startsWith(`${indent}- `));
  const args = lines
    .slice(first, last < 0 ? undefined : last)
    .map((line) => unquoted(line.slice(indent.length + 2)));
  return args.includes(OURS) ? { name, command, args } : undefined;
}

function textOf(lines: readonly string[], key: RegExp): string | undefined {
  const line = lines.find((one) => key.test(one));
  return line === undefined ? undefined : unquoted(line.replace(/^[^:]*:/, ''));
}

/** A word in one of the three ways that YAML writes it, in so far as kubectl does. */
function unquoted(text: string): string {
  const word = text.trim();
  if (word.startsWith("'")) return word.slice(1, word.lastIndexOf("'")).replaceAll("''", "'");
  if (!word.startsWith('"')) return word.replace(/\s+#.*$/, '');
  const read = parseJson(word.slice(0, word.lastIndexOf('"') + 1));
  return typeof read === 'string' ? read : word;
}

function isContent(line: string): boolean {
  return !/^\s*(?:#.*)?$/.test(line.trimEnd());
}

/** One document of YAML whose keys begin their lines, as kubectl writes it. */
function assertReadable(lines: readonly string[]): void {
  const keys = lines.filter((line) => isContent(line) && /^[^\s-]/.test(line));
  const documents = lines.filter((line, index) => /^(?:---|\.\.\.)/.test(line) && index > 0).length;
  const isOther = keys.some((line) => !/^[\w-]+:(?:\s|$)/.test(line) && !/^%|^---/.test(line));
  if (documents > 0 || isOther || (keys.length === 0 && lines.some(isContent))) throw notReadable();
}

function notReadable(): Error {
  return badArgument(
    'The kubeconfig is not laid out as kubectl writes it, and was left as it is.',
    'Have kubectl write it again, or name another file with --file.',
  );
}

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/).filter((line) => line !== '');
}
