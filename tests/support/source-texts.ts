/** What a pattern finds outside of comments: where it begins, and where it ends. */
export function callsOf(code: string, pattern: RegExp): { index: number; start: number }[] {
  return [...code.matchAll(pattern)]
    .filter(({ index }) => !/^\s*(\*|\/\/|\/\*)/.test(code.slice(code.lastIndexOf('\n', index) + 1, index)))
    .map((match) => ({ index: match.index, start: match.index + match[0].length }));
}

/** The arguments of a call whose opening bracket is before `start`, without line breaks and their indentation. */
export function argumentsAt(code: string, start: number): string[] {
  const found: string[] = [];
  for (let from = start; ; ) {
    const end = endOf(code, from);
    const text = withoutComments(code.slice(from, end))
      .replace(/\s*\n\s*/g, ' ')
      .trim();
    if (text !== '') found.push(text);
    if (code[end] !== ',') return found;
    from = end + 1;
  }
}

/** Where an expression that begins at `start` ends: at the comma, the semicolon or the bracket behind it. */
export function endOf(code: string, start: number): number {
  let depth = 0;
  for (let at = start; at < code.length; at = skip(code, at)) {
    const character = code[at] ?? '';
    if (depth === 0 && ',;)]}'.includes(character)) return at;
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
  }
  return code.length;
}

/**
 * The texts in an expression that are values: not those that something is compared with, or that a function is given. Holes
 * of templates are `{}`.
 */
export function textsIn(expression: string): string[] {
  const texts: string[] = [];
  for (let at = 0; at < expression.length; ) {
    if (/\w\($/.test(expression.slice(0, at))) {
      at = endOfCall(expression, at);
      continue;
    }
    const next = skip(expression, at);
    const isText = '\'"`'.includes(expression[at] ?? '');
    if (isText && !/(===|!==|\[|case)\s*$/.test(expression.slice(0, at))) {
      texts.push(plain(expression.slice(at + 1, next - 1)));
    }
    at = next;
  }
  return texts;
}

/** The index behind the bracket that ends a call's arguments. */
function endOfCall(code: string, start: number): number {
  let at = endOf(code, start);
  while (at < code.length && code[at] !== ')') at = endOf(code, at + 1);
  return at + 1;
}

/** The content of a string or a template as it will be read. */
function plain(content: string): string {
  let text = '';
  for (let at = 0; at < content.length; at += 1) {
    if (content.startsWith('${', at)) {
      at = endOfHole(content, at + 2) - 1;
      text += '{}';
    } else if (content[at] === '\\') text += content[++at] ?? '';
    else text += content[at];
  }
  return text;
}

/** The index after the character, the comment, the string or the template at `at`. */
function skip(code: string, at: number): number {
  if (code.startsWith('//', at)) return after(code, '\n', at);
  if (code.startsWith('/*', at)) return after(code, '*/', at);
  const quote = code[at] ?? '';
  if (!'\'"`'.includes(quote)) return at + 1;
  for (let next = at + 1; next < code.length; next += 1) {
    if (code[next] === '\\') next += 1;
    else if (code[next] === quote) return next + 1;
    else if (quote === '`' && code.startsWith('${', next)) next = endOfHole(code, next + 2) - 1;
  }
  return code.length;
}

function after(code: string, end: string, at: number): number {
  const index = code.indexOf(end, at);
  return index === -1 ? code.length : index + end.length;
}

/** The index after the `}` that ends the hole of a template. */
function endOfHole(code: string, start: number): number {
  let depth = 0;
  for (let at = start; at < code.length; at = skip(code, at)) {
    if (code[at] === '{') depth += 1;
    if (code[at] === '}' && depth-- === 0) return at + 1;
  }
  return code.length;
}

function withoutComments(code: string): string {
  let text = '';
  for (let at = 0; at < code.length; ) {
    const next = skip(code, at);
    if (!code.startsWith('//', at) && !code.startsWith('/*', at)) text += code.slice(at, next);
    at = next;
  }
  return text;
}
