import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { exitOf } from '../support/start/processes.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

/** Runs the fault tests in their long form: `npm run test:faults -- --rounds N [FILE...]`. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { rounds: { type: 'string', default: '200' } },
    allowPositionals: true,
  });
  if (!/^[1-9]\d{0,5}$/.test(values.rounds)) throw new Error('--rounds takes a whole number from 1.');
  const files = positionals.length > 0 ? positionals : ['tests/faults/'];
  const vitest = spawn(process.execPath, [VITEST, 'run', '--config', 'tests/vitest.config.mts', ...files], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, SIGILFORGE_FAULT_ROUNDS: values.rounds },
  });
  const { code } = await exitOf(vitest);
  process.exitCode = code ?? 1;
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
});
