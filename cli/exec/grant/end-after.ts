/** How long a sleep of the machine may go unnoticed afterwards, in milliseconds. */
const LOOK_MS = 10_000;

/**
 * Calls `end` after so many milliseconds by the clock on the wall, which goes on while the machine sleeps, or by the one that
 * no one can set: whichever says earlier that they are over. Returns what takes that back. It keeps no process alive.
 */
export function endAfter(ms: number | undefined, end: () => void): () => void {
  if (ms === undefined) return () => {};
  const [wall, steady] = [Date.now() + ms, performance.now() + ms];
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const left = Math.min(wall - Date.now(), steady - performance.now());
    if (left <= 0) end();
    else timer = setTimeout(look, Math.min(Math.ceil(left), LOOK_MS)).unref();
  };
  look();
  return () => clearTimeout(timer);
}
