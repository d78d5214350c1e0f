import { SigilforgeError } from '../../shared/errors.js';
import { SERVICE_UNIT, SOCKET_UNIT } from '../../shared/service/systemd.js';
import type { ServiceControl } from './control.js';
import { demand, runManager, WITHOUT } from './manager-program.js';

const UNITS = [SOCKET_UNIT, SERVICE_UNIT];

const systemctl = (...args: string[]) => demand('systemctl', '--user', ...args);

/** Services under the user's own systemd. The socket comes first: the service is given what it listens on. */
export const systemd: ServiceControl = {
  async assertReachable() {
    const { code } = await runManager('systemctl', ['--user', 'show', '--property=Version']);
    if (code !== 0) throw unreachable();
  },
  async reread() {
    await systemctl('daemon-reload');
  },
  async enable() {
    await systemctl('enable', '--quiet', ...UNITS);
  },
  async disable() {
    await systemctl('disable', '--quiet', '--now', ...UNITS);
  },
  async forget() {
    await systemctl('daemon-reload');
    // A service that has failed stays in the manager's list without its file.
    await runManager('systemctl', ['--user', 'reset-failed', ...UNITS]);
  },
  async isRunning() {
    const { output } = await runManager('systemctl', ['--user', 'is-active', SERVICE_UNIT]);
    return ['active', 'activating', 'reloading'].includes(output);
  },
  async start() {
    await afterFailures();
    await systemctl('start', ...UNITS);
  },
  async restart() {
    await afterFailures();
    // The socket is not touched: clients that come meanwhile wait.
    await systemctl('restart', SERVICE_UNIT);
  },
  async stop() {
    for (const unit of UNITS) if (await isLoaded(unit)) await systemctl('stop', unit);
  },
};

async function isLoaded(unit: string): Promise<boolean> {
  const { output } = await runManager('systemctl', [
    '--user',
    'show',
    '--property=LoadState',
    '--value',
    unit,
  ]);
  return output === 'loaded';
}

/** What has failed too often in a short time is not started again before this. Units that have not failed are not known to it. */
async function afterFailures(): Promise<void> {
  await runManager('systemctl', ['--user', 'reset-failed', ...UNITS]);
}

function unreachable(): SigilforgeError {
  return new SigilforgeError(
    'external',
    'The systemd of this user does not answer here, as in a container or after su.',
    {
      hint: `Log in as this user, or see: loginctl enable-linger. ${WITHOUT}`,
    },
  );
}
