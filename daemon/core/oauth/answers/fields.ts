/** No answer that means well has more. */
const MOST_FIELDS = 1000;

const named = new WeakMap<object, ReadonlyMap<string, unknown>>();

/** A field of an answer by its name in the standard, also where a server writes it otherwise: `accessToken`, `.Access-Token`. */
export function field(answer: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(answer, name) ? answer[name] : plainFields(answer).get(plain(name));
}

/** The fields of an answer by their plain names, the first of each. */
export function plainFields(answer: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  const known = named.get(answer);
  if (known) return known;
  const fields = new Map(
    Object.keys(answer)
      .slice(0, MOST_FIELDS)
      .reverse()
      .map((key) => [plain(key), answer[key]]),
  );
  named.set(answer, fields);
  return fields;
}

/** The small letters and digits of a name. */
export function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
