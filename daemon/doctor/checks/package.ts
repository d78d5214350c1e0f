import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { builtFile } from '../../../shared/built-file.js';
import { builtProgram } from '../../../shared/built-program.js';
import { VERSION } from '../../../shared/version.js';
import { broken, type Check, type Finding, ok, unless, warning } from '../check.js';
import { programBehind, programsOnPath, versionAt, wayOfInstalling } from '../look/installation.js';
import { daemonPid } from '../look/running.js';
import type { Patient } from '../patient.js';

export const packageCheck: Check = {
  name: 'package',
  run(patient) {
    const own = builtFile('sigilforge.cjs');
    const unusable = unless(() => builtProgram('sigilforged.cjs'));
    if (unusable.length > 0) return unusable;
    return [installed(own), ...others(own, patient.env['PATH']), ...foreignDaemon(patient)];
  },
};

function installed(own: string): Finding {
  const way = wayOfInstalling(own);
  const sentence = `Sigilforge ${VERSION}, by ${way} (${path.dirname(path.dirname(own))}).`;
  if (way !== "npx's cache") return ok(sentence);
  return warning(
    `${sentence} That folder may be emptied at any time, under a daemon or a service that was started from it.`,
    'Install it: npm install --global sigilforge',
  );
}

/** Programs and shells take the first one on PATH, which may be older than this one. */
function others(own: string, list: string | undefined): Finding[] {
  const found = programsOnPath('sigilforge', list).map((file) => ({ file, real: programBehind(file) }));
  const foreign = found.find(({ real }) => real !== realpathSync(own));
  if (foreign === undefined) return [];
  const { file, real } = foreign;
  const version = versionAt(real);
  const which = version === undefined ? '' : `, version ${version}`;
  const first = foreign === found[0] ? ', and is the first' : '';
  return [
    warning(
      `Another installation of sigilforge is on PATH${first}: ${file} (${real}${which}).`,
      'Uninstall the one that you do not use, after a look at: which -a sigilforge',
    ),
  ];
}

/** The program file that a daemon runs, as its command line names it. Only Linux shows it. */
function foreignDaemon(patient: Patient): Finding[] {
  const pid = daemonPid(patient);
  const file = pid === undefined ? undefined : programOf(pid);
  if (pid === undefined || file === undefined) return [];
  if (!existsSync(file)) {
    return [
      broken(
        `The daemon (process ${pid}) runs from ${file}, which is no longer there.`,
        'Start it from this installation: sigilforge daemon restart',
      ),
    ];
  }
  if (realpathSync(file) === realpathSync(builtFile('sigilforged.cjs'))) return [];
  return [
    warning(
      `The daemon (process ${pid}) is of another installation: ${file}.`,
      'If this one is meant, start it from here: sigilforge daemon restart',
    ),
  ];
}

function programOf(pid: number): string | undefined {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return args.find((arg) => path.isAbsolute(arg) && path.basename(arg).startsWith('sigilforged'));
  } catch {
    return undefined;
  }
}
