/** A field of an answer by its name in the standard, also where a server writes it otherwise: `accessToken`, `Access-Token`. */
export function field(answer: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(answer, name)) return answer[name];
  const wanted = plain(name);
  const found = Object.keys(answer).find((key) => plain(key) === wanted);
  return found === undefined ? undefined : answer[found];
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}
