type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The values that are there: a setting that is left out takes nothing away. */
export function definedOnly<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
