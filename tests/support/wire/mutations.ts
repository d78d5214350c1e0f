type Random = () => number;

/** Values that programs trip over, as JSON texts. */
const ODD_VALUES = [
  ...['null', 'true', '0', '-1', '1e999', '-0', '9007199254740993', '0.1', '""', '" "', '[]', '{}', '[null]'],
  ...['"__proto__"', '"constructor"', '"\\u0000"', '"\\ud800"', '"../../etc/passwd"', '"%s%n"', '"é́"'],
  ...['{"__proto__":{"method":"status"}}', '{"constructor":{"prototype":{"x":1}}}', '{"toString":null}'],
  `"${'x'.repeat(5000)}"`,
  `${'['.repeat(70)}${']'.repeat(70)}`,
  `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`,
];
const ODD_NAMES = ['__proto__', 'constructor', 'toString', 'id', 'jsonrpc', 'params', 'method', 'result', ''];
const ODD_BYTES = [
  0x00, 0x0a, 0x0d, 0x09, 0x20, 0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d, 0x80, 0xc3, 0xff,
];

/** A valid request with one to three faults, or none that matters, as a line without its end. The numbers decide alone. */
export function mutated(request: object, random: Random): Buffer<ArrayBuffer> {
  let text = JSON.stringify(request).replace(/x{1000,}/, 'xx');
  const faults = 1 + below(3, random);
  for (let count = 0; count < faults; count++) {
    if (random() < 0.6) text = changedText(text, random);
  }
  return random() < 0.15 ? changedBytes(Buffer.from(text), random) : Buffer.from(text);
}

function below(limit: number, random: Random): number {
  return Math.floor(random() * limit);
}

function oneOf<T>(choices: readonly [T, ...T[]], random: Random): T;
function oneOf<T>(choices: readonly T[], random: Random): T | undefined;
function oneOf<T>(choices: readonly T[], random: Random): T | undefined {
  return choices[below(choices.length, random)];
}

/** Where values and names stand in a JSON text. */
const VALUE = /"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d[\d.eE+-]*|\btrue\b|\bfalse\b|\bnull\b|\[\]|\{\}/g;
const NAME = /"(?:[^"\\]|\\.)*"(?=\s*:)/g;

function changedText(text: string, random: Random): string {
  // Mostly within the parameters: what surrounds them is refused before a method is reached.
  const from = random() < 0.8 ? text.indexOf('"params"') + 1 : 0;
  const within = (pattern: RegExp) => [...text.matchAll(pattern)].filter(({ index }) => index >= from);
  const value = oneOf(within(VALUE), random);
  const name = oneOf(within(NAME), random);
  const odd = oneOf(ODD_VALUES, random) ?? 'null';
  const oddName = JSON.stringify(oneOf(ODD_NAMES, random) ?? '');
  switch (below(8, random)) {
    case 0:
    case 1:
      return replaced(text, value, odd);
    case 2:
      return replaced(text, name, oddName);
    case 3: // Another entry, perhaps of a name that is there.
      return replaced(text, name, `${random() < 0.5 ? oddName : (name?.[0] ?? oddName)}:${odd},${name?.[0]}`);
    case 4: // Parameters by position, whatever they are.
      return text.replace(/"params":\{.*\}/, `"params":[${value?.[0] ?? ''}]`);
    case 5:
      return `[${text}${`,${text}`.repeat(below(3, random))}]`;
    case 6:
      return text.replace(/"id":[^,]*/, `"id":${odd}`);
    default:
      return text.replace('"params":', `"params":${odd},"params":`);
  }
}

function replaced(text: string, match: RegExpMatchArray | undefined, by: string): string {
  if (match?.index === undefined) return text;
  return text.slice(0, match.index) + by + text.slice(match.index + match[0].length);
}

function changedBytes(bytes: Buffer<ArrayBuffer>, random: Random): Buffer<ArrayBuffer> {
  const at = below(bytes.length, random);
  const until = Math.min(bytes.length, at + 1 + below(8, random));
  const part = bytes.subarray(at, until);
  const odd = Buffer.from([oneOf(ODD_BYTES, random) ?? 0]);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(until)];
  switch (below(5, random)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, odd, part, after]);
    case 2:
      return Buffer.concat([before, part, part, after]);
    case 3:
      return before;
    default: {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << below(8, random));
      return flipped;
    }
  }
}
