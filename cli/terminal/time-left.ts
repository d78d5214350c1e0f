const DAY_S = 86_400;

/** The seconds until a time; `undefined` for none, and for one that is over a day away. */
export function secondsLeft(until: string | null, now = Date.now()): number | undefined {
  if (until === null) return undefined;
  const seconds = Math.ceil((Date.parse(until) - now) / 1000);
  return seconds <= DAY_S ? Math.max(0, seconds) : undefined;
}

/** In words, such as `15 minutes`. */
export function inWords(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 2) return counted(seconds, 'second');
  return minutes < 120 ? counted(minutes, 'minute') : counted(Math.round(minutes / 60), 'hour');
}

/** As a clock that runs down shows it, such as `14:59`. */
export function asClock(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (part: number): string => String(part).padStart(2, '0');
  const rest = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
