/**
 * Does `work` for every item, at most `atOnce` at a time. After the first failure no other item is begun, and the
 * promise rejects with that failure.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items].reverse();
  const take = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
      try {
        await work(item);
      } catch (thrown) {
        waiting.length = 0;
        throw thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, take));
}
