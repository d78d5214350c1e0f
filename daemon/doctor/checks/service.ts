import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { builtFile } from '../../../shared/built-file.js';
import {
  endsWithItsVersion,
  type InstalledService,
  installedService,
  servesThisHome,
  serviceFault,
} from '../../../shared/service/installed.js';
import { broken, type Check, type Finding, ok, warning } from '../check.js';
import { run } from '../look/child.js';
import type { Patient } from '../patient.js';

const LIMIT_MS = 5_000;

const INSTALL = 'sigilforge daemon install';

export const service: Check = {
  name: 'service',
  async run(patient) {
    const { env } = patient;
    if (patient.confinedBy !== undefined) return [];
    const installed = installedService(env);
    if (installed === undefined)
      return [ok(`No service is installed; one that starts at login is written by: ${INSTALL}`)];
    if (!servesThisHome(installed, env))
      return [ok(`The installed service (${installed.files[0]?.path}) is for another home.`)];
    const fault = serviceFault(installed, patient.socket);
    if (fault !== undefined) return [broken(fault.sentence, fault.hint)];
    const found = [
      ...otherInstallation(installed),
      ...(installed.manager === 'systemd' ? [...(await disabled()), ...(await endsAtLogout(patient))] : []),
    ];
    return found.length > 0 ? found : [ok(`The service starts ${installed.program} at login.`)];
  },
};

function otherInstallation({ program, node }: InstalledService): Finding[] {
  if (realpathSync(program) !== realpathSync(builtFile('sigilforged.cjs'))) {
    return [
      warning(
        `The service starts another installation: ${program}.`,
        `If this one is meant, write it again: ${INSTALL}`,
      ),
    ];
  }
  const passing = [program, node].find(endsWithItsVersion);
  if (passing === undefined) return [];
  return [
    warning(
      `The service starts ${passing}, which is gone after the next upgrade.`,
      `After each upgrade, write it again: ${INSTALL}`,
    ),
  ];
}

async function disabled(): Promise<Finding[]> {
  const ended = await run(['systemctl', '--user', 'is-enabled', 'sigilforge.service'], {
    limitMs: LIMIT_MS,
  }).catch(() => undefined);
  const state = ended?.output.trim();
  if (state !== 'disabled' && state !== 'masked' && state !== 'masked-runtime') return [];
  return [
    warning(
      `The service is ${state}, so it does not start at login.`,
      `Write it again and enable it: ${INSTALL}`,
    ),
  ];
}

/** systemd ends the services of a user with their last session, unless that user lingers. */
async function endsAtLogout(patient: Patient): Promise<Finding[]> {
  const core = await patient.core();
  if ('kind' in core || !core.capabilities.registry.all().some(({ service }) => service === 'started'))
    return [];
  const { username } = userInfo();
  const args = ['show-user', username, '--property=Linger', '--value'];
  const ended = await run(['loginctl', ...args], { limitMs: LIMIT_MS }).catch(() => undefined);
  if (ended?.output.trim() !== 'no') return [];
  return [
    warning(
      'Bots are started, and they end when you log out.',
      `Keep them up: loginctl enable-linger ${username}`,
    ),
  ];
}
