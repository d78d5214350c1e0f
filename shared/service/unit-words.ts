/** One word of a unit's line (systemd.syntax(7)). `%` would begin a specifier. */
export function unitWord(text: string): string {
  const escaped = text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%');
  return /^[\w/.:=@,+%-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

const WORD = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|((?:[^\s"'\\]|\\.)+)/g;

/** The words of a unit's line, also if a person has quoted them in another way. */
export function unitWords(line: string): string[] {
  return [...line.matchAll(WORD)].map(([, double, single, bare]) =>
    (double ?? single ?? bare ?? '').replace(/\\(.)/g, '$1').replaceAll('%%', '%'),
  );
}
