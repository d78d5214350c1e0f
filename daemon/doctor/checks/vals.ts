import { broken, type Check, type Finding, ok, warning } from '../check.js';
import { run } from '../look/child.js';
import { programsOnPath } from '../look/installation.js';

const LIMIT_MS = 5_000;

/** Only what looks like a version is repeated. */
const VERSION = /\bv?(\d+\.\d+\.\d+[\w.+-]{0,32})/;

export const vals: Check = {
  name: 'vals',
  async run(patient) {
    const config = patient.config();
    if ('kind' in config) return [];
    if (!config.vals.enabled) return [ok('References to vals are not enabled.')];
    const [program] = programsOnPath('vals', patient.env['PATH']);
    return [program === undefined ? missing() : await asked(program)];
  },
};

function missing(): Finding {
  return broken(
    'References to vals are enabled in config.toml, and there is no program vals on PATH.',
    'Install it and start the daemon with that PATH: sigilforge daemon restart. Or set in config.toml, under [vals]: enabled = false',
  );
}

async function asked(program: string): Promise<Finding> {
  const cure = `Run it by hand to see what is wrong: ${program} version`;
  const ended = await run([program, 'version'], { limitMs: LIMIT_MS }).catch(() => null);
  if (ended === null) return broken(`${program} cannot be started.`, cure);
  if (ended === undefined) return warning(`${program} did not say its version in time.`, cure);
  const version = VERSION.exec(ended.output)?.[1];
  if (ended.code !== 0 || version === undefined) return warning(`${program} does not say its version.`, cure);
  return ok(`vals ${version} (${program}).`);
}
