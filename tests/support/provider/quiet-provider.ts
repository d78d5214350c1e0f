const OF_PROVIDER = /oidc-provider (?:NOTICE|WARNING): /;
const LEVELS = ['info', 'warn'] as const;

let quiet = false;

/**
 * Drops what oidc-provider prints about the runtime and its development defaults, once a process.
 * It has no switch for that; everything else goes through the console as before.
 */
export function quietProvider(): void {
  if (quiet) return;
  quiet = true;
  const target = globalThis.console;
  for (const level of LEVELS) {
    const print = target[level].bind(target);
    target[level] = (...parts: unknown[]) => {
      if (!OF_PROVIDER.test(String(parts[0]))) print(...parts);
    };
  }
}
