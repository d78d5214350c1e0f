import { stopDaemon } from '../../client/daemon/stop.js';
import { LABEL } from '../../shared/service/launchd.js';
import { servicePlaces } from '../../shared/service/service-places.js';
import type { ServiceControl } from './control.js';
import { demand, runManager } from './manager-program.js';

const launchctl = (...args: string[]) => demand('launchctl', ...args);

const domain = () => `gui/${process.getuid?.() ?? ''}`;
const target = () => `${domain()}/${LABEL}`;

/**
 * Agents of launchd, by launchctl(1). The daemon is stopped by itself, not by launchd, which would end it by force; as it
 * then ends without an error, launchd does not start it again. The tests do not run on macOS.
 */
export const launchd: ServiceControl = {
  async assertReachable() {
    await launchctl('print', domain());
  },
  async reread() {
    // It reads the file when the agent is loaded.
    await unload();
  },
  async enable() {
    await launchctl('enable', target());
  },
  async disable() {
    await unload();
  },
  async forget() {
    // What is not loaded is not known to launchd.
  },
  async isRunning() {
    const { code, output } = await runManager('launchctl', ['print', target()]);
    return code === 0 && /^\s*pid = \d+$/m.test(output);
  },
  async start() {
    if (!(await isLoaded())) await launchctl('bootstrap', domain(), agentFile());
    await launchctl('kickstart', target());
  },
  async restart() {
    await stopDaemon();
    await this.start();
  },
  async stop() {
    await stopDaemon();
  },
};

async function isLoaded(): Promise<boolean> {
  return (await runManager('launchctl', ['print', target()])).code === 0;
}

async function unload(): Promise<void> {
  if (!(await isLoaded())) return;
  await stopDaemon();
  await launchctl('bootout', target());
}

function agentFile(): string {
  return servicePlaces(process.env, 'darwin')?.files[0] ?? '';
}
