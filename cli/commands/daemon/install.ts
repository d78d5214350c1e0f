import type { Command } from 'commander';
import { endsWithItsVersion } from '../../../shared/service/installed.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { installService } from '../../service/install.js';
import { type PlannedService, plannedService } from '../../service/planned.js';
import { untilInterrupted } from '../../terminal/interrupt.js';

export function configure(command: Command, context: Context): void {
  command
    .option('--print', 'only show the files, and change nothing')
    .action((options: { print?: true }) => install(context, options));
  addNotes(command, {
    notes:
      'On Linux this is a service of your own systemd with its socket, on macOS an agent of launchd. It starts at your login, and again if it fails. It has PATH, the proxies and the certificates of your environment as they are now: run the command again if they change. A daemon that runs is replaced. Programs that the daemon starts for you get no further rights there, as from sudo.\nTo keep it running without a login on Linux: loginctl enable-linger',
    examples: [
      ['sigilforge daemon install', 'start at login from now on, and at once'],
      ['sigilforge daemon install --print', 'show what would be written'],
    ],
    seeAlso: ['sigilforge daemon uninstall', 'sigilforge daemon logs'],
  });
}

async function install({ output }: Context, { print }: { readonly print?: true }): Promise<void> {
  const planned = await plannedService();
  const { manager, plan } = planned;
  if (print) {
    output.result({ manager, files: planned.written }, () => {
      output.value(
        planned.written
          .map(({ path, text }) => `# ${path}\n${text}`)
          .join('\n')
          .trimEnd(),
      );
    });
    return warn(output, planned);
  }
  const done = await untilInterrupted(output.waiting('Installing the service…', installService(planned)));
  const { node, program, socket } = plan;
  const files = planned.written.map(({ path }) => path);
  output.result({ manager, files, ...done, node, program, socket }, () => {
    for (const file of done.written) output.notice(`Written: ${file}`);
    if (done.replaced) output.notice('The daemon that was running has been stopped for it.');
    output.notice(
      done.written.length > 0
        ? 'The service is installed and running, and starts at each login.'
        : 'The service was installed already, and is running.',
    );
    output.record({ pid: done.pid, socket });
  });
  warn(output, planned);
}

function warn(output: Context['output'], { plan: { node, program }, withheld }: PlannedService): void {
  for (const name of withheld) {
    output.warn(
      `${name} has a password or a name in it, and is not written into the service. Name the proxy in config.toml instead: [network] proxy`,
    );
  }
  for (const file of [node, program].filter(endsWithItsVersion)) {
    output.warn(
      `The service needs ${file}, and does not start without it. After an upgrade: sigilforge daemon install`,
    );
  }
}
