/*
 * Lines of ours in a file of git-config(1). Each ends with a comment that says so, because git itself adds and removes
 * lines within sections: a header of ours stays if git has put something below it.
 */

const MARK = '\t# sigilforge';
/** Of a header: the text in front did not end its last line. */
const JOINED = `${MARK}, joined`;
const MARKED = /\t# sigilforge(?:, joined)?\r?\n?$/;

/** One variable of a section. */
interface Variable {
  readonly name: string;
  readonly value: string;
}

/** Lines of ours under one header; `url` is empty for `[credential]`, which is for all addresses. */
export interface OurSection {
  readonly url: string;
  readonly variables: readonly Variable[];
}

/**
 * The text with a section of ours, in the place of the one that we wrote for the same address: at its end, but before those
 * of ours for addresses within, because for git the last that fits decides.
 */
export function withSection(text: string, { url, variables }: OurSection): string {
  const there = ourSections(text).find((section) => section.url === url);
  if (JSON.stringify(there?.variables) === JSON.stringify(variables)) return text;
  const rest = withoutSections(text, (other) => other === url);
  const within = sectionsOf(rest).find(
    (section) => MARKED.test(section.lines[0] ?? '') && section.url.startsWith(url === '' ? url : `${url}/`),
  );
  const [before, behind] = [rest.slice(0, within?.start), within ? rest.slice(within.start) : ''];
  const isWhole = before === '' || before.endsWith('\n');
  const isJoined = within ? isJoint(within) : !isWhole;
  const header = `[credential${url === '' ? '' : ` "${url}"`}]${isJoined ? JOINED : MARK}`;
  const lines = variables.map(({ name, value }) => `\t${name} =${quoted(value)}${MARK}`);
  const added = `${isWhole ? '' : '\n'}${[header, ...lines].join('\n')}\n`;
  return before + added + (within && isJoined ? behind.replace(JOINED, MARK) : behind);
}

function isJoint({ lines: [header = ''] }: Section): boolean {
  return header.includes(JOINED);
}

/** The text without our lines for the addresses that are meant. */
export function withoutSections(text: string, isMeant: (url: string) => boolean): string {
  const sections = sectionsOf(text);
  const without = sections.map((section) => (isMeant(section.url) ? withoutOurs(section) : section.lines));
  const kept = without.flat().join('');
  const joined = sections.find((section) => isMeant(section.url) && isJoint(section));
  if (joined === undefined || !kept.startsWith(text.slice(0, joined.start))) return kept;
  return withoutJoint(text.slice(0, joined.start), kept.slice(joined.start));
}

/** What stands behind the place of a joined section takes over what its header said, if it is ours. */
function withoutJoint(before: string, behind: string): string {
  if (behind === '') return before.slice(0, -1);
  const [first = '', ...others] = behind.split(/(?<=\n)/);
  return (
    before + [/^\[.*\t# sigilforge\n$/.test(first) ? first.replace(MARK, JOINED) : first, ...others].join('')
  );
}

/** Our lines in a text. */
export function ourSections(text: string): OurSection[] {
  return sectionsOf(text).flatMap(({ url, lines: [, ...lines] }) => {
    const variables = lines.filter((line) => MARKED.test(line)).map(variableOf);
    return variables.length === 0 ? [] : [{ url, variables }];
  });
}

/** Whether a line of ours is in it. */
export function holdsOurs(text: string): boolean {
  return text.split(/(?<=\n)/).some((line) => MARKED.test(line));
}

interface Section {
  /** Where it begins in the text. */
  readonly start: number;
  readonly url: string;
  /** With their ends; the first is the header, if there is one. */
  readonly lines: readonly string[];
}

/** Sections, and what stands before the first one. */
function sectionsOf(text: string): Section[] {
  const sections: { start: number; url: string; lines: string[] }[] = [];
  let start = 0;
  for (const line of text.split(/(?<=\n)/)) {
    if (sections.length === 0 || /^\s*\[/.test(line)) sections.push({ start, url: urlOf(line), lines: [] });
    sections.at(-1)?.lines.push(line);
    start += line.length;
  }
  return sections;
}

function withoutOurs({ lines }: Section): readonly string[] {
  const [header = '', ...others] = lines.filter((line, index) => index === 0 || !MARKED.test(line));
  if (!MARKED.test(header)) return [header, ...others];
  const isNeeded = others.some((line) => /^\s*[^\s#;]/.test(line));
  return isNeeded ? [header.replace(MARKED, '\n'), ...others] : others;
}

/** What cannot be the header of a section of ours has an address that none has. */
function urlOf(header: string): string {
  const [found, url = ''] = /^\s*\[\s*credential(?:\s+"([^"\\]*)")?\s*\]/i.exec(header) ?? [];
  return found === undefined ? '"' : url;
}

function quoted(value: string): string {
  return value === '' ? '' : ` "${value.replace(/[\\"]/g, '\\$&')}"`;
}

function variableOf(line: string): Variable {
  const [, name = '', value = ''] = /^\s*([A-Za-z][\w-]*)\s*=\s*(.*?)\t# sigilforge/.exec(line) ?? [];
  return { name, value: value.replace(/^"|"$/g, '').replace(/\\([\\"])/g, '$1') };
}
