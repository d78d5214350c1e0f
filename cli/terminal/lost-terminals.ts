import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * At its end Node restores the modes of its terminals, and aborts with a trace if one has hung up meanwhile. A descriptor
 * that is closed by then is left alone.
 */
export function outliveTerminals(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  if (terminals.length === 0) return;
  process.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeIfOpen(fd);
  });
}

/** Sets the mode of standard input. A terminal that has gone away has none, and is left as it is. */
export function setRawMode(isRaw: boolean): void {
  const ignore = (): void => undefined;
  process.stdin.on('error', ignore);
  process.stdin.setRawMode(isRaw);
  process.stdin.off('error', ignore);
}

function closeIfOpen(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It was closed before.
  }
}
