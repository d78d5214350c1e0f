import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { exitOf } from '../support/start/processes.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

/** Runs the soak test in its long form: `npm run test:soak -- MINUTES`, 30 without a number. */
async function main([minutes = '30']: readonly string[]): Promise<void> {
  if (!/^[1-9]\d{0,3}$/.test(minutes)) throw new Error('The minutes are a whole number from 1.');
  const vitest = spawn(
    process.execPath,
    [VITEST, 'run', '--config', 'tests/vitest.config.mts', 'tests/soak/'],
    { cwd: ROOT, stdio: 'inherit', env: { ...process.env, SIGILFORGE_SOAK_MINUTES: minutes } },
  );
  const { code } = await exitOf(vitest);
  process.exitCode = code ?? 1;
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
});
