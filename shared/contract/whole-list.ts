import { contract, type MethodName } from './index.js';
import type { AnySchema } from './types.js';

type Ask = (params: unknown) => Promise<unknown>;

/** `ask`, which calls `method`; for a list that comes by page, the same as if it were one page. */
export function wholeList(method: MethodName, ask: Ask): Ask {
  const field = listIn(method);
  return field === undefined ? ask : (params) => allPages(field, ask, params);
}

/** What is said beside the list is what the last page says. */
async function allPages(field: string, ask: Ask, params: unknown): Promise<unknown> {
  const items: unknown[] = [];
  for (let asked = params; ; ) {
    const page = (await ask(asked)) as Readonly<Record<string, unknown>>;
    items.push(...(page[field] as readonly unknown[]));
    if (page['cursor'] === null) return { ...page, [field]: items };
    asked = { ...(params as object | null | undefined), cursor: page['cursor'] };
  }
}

/** The field with the list, for a method that gives it by page. */
function listIn(method: MethodName): string | undefined {
  const { entries = {} } = contract[method].result as AnySchema;
  if (!Object.hasOwn(entries, 'cursor')) return undefined;
  return Object.keys(entries).find((name) => entries[name]?.type === 'array');
}
