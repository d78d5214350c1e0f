import { SigilforgeError } from '../errors.js';
import { contract, type MethodName } from './index.js';
import type { AnySchema } from './types.js';

type Ask = (params: unknown) => Promise<unknown>;
type Page = Readonly<Record<string, unknown>>;

/** How many pages in a row may be empty: what was removed meanwhile leaves some, but never so many. */
const MOST_EMPTY = 1000;

/** `ask`, which calls `method`; for a list that comes by page, the same as if it were one page. */
export function wholeList(method: MethodName, ask: Ask): Ask {
  const { entries = {} } = contract[method].result as AnySchema;
  return Object.hasOwn(entries, 'cursor') ? (params) => allPages(method, ask, params) : ask;
}

/** Its lists are put together; what is said beside them is what the last page says. */
async function allPages(method: MethodName, ask: Ask, params: unknown): Promise<unknown> {
  const lists: Record<string, unknown[]> = {};
  const seen = new Set<unknown>();
  let empty = 0;
  for (let asked = params; ; ) {
    const page = (await ask(asked)) as Page;
    for (const [name, items] of listsOf(page)) lists[name] = (lists[name] ?? []).concat(items);
    const { cursor } = page;
    if (cursor === null) return { ...page, ...lists };
    empty = listsOf(page).some(([, items]) => items.length > 0) ? 0 : empty + 1;
    if (seen.has(cursor) || empty > MOST_EMPTY) throw endless(method);
    seen.add(cursor);
    asked = { ...(params as object | null | undefined), cursor };
  }
}

function listsOf(page: Page): [name: string, items: readonly unknown[]][] {
  return Object.entries(page).flatMap(([name, value]) => (Array.isArray(value) ? [[name, value]] : []));
}

function endless(method: MethodName): SigilforgeError {
  return new SigilforgeError('incompatible', `The pages that the daemon gives for ${method} have no end.`, {
    hint: 'Start the installed version in its place: sigilforge daemon restart',
  });
}
