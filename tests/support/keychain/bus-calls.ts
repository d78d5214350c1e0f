import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** What is called on the bus of a session, as `dbus-monitor` hears it. */
export interface BusCalls {
  /** The names of all methods that were called since the last time this was asked, oldest first. */
  sinceThen(): Promise<string[]>;
  stop(): Promise<void>;
}

const MARK = 'SigilforgeTestMark';

/** Hears every call on the bus of this environment. */
export async function hearBusCalls(env: NodeJS.ProcessEnv): Promise<BusCalls> {
  const monitor = spawn('dbus-monitor', ['--session', "type='method_call',eavesdrop=true"], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const gone = once(monitor, 'exit');
  const names = membersOf(monitor.stdout);
  // It says its own name first, once it hears the others.
  const heard = async (): Promise<string[]> => {
    await mark(env);
    const calls: string[] = [];
    for (let next = await names.next(); !next.done && next.value !== MARK; next = await names.next())
      calls.push(next.value);
    return calls;
  };
  await names.next();
  return {
    sinceThen: heard,
    async stop() {
      monitor.kill();
      await gone;
    },
  };
}

async function* membersOf(output: NodeJS.ReadableStream): AsyncGenerator<string> {
  for await (const line of createInterface({ input: output })) {
    const [, member] = /^(?:method call|signal) .*member=(\w+)/.exec(line) ?? [];
    if (member !== undefined) yield member;
  }
}

/** A call that the bus passes on to its own driver, which refuses it: everything before it was heard by then. */
async function mark(env: NodeJS.ProcessEnv): Promise<void> {
  const call = ['--dest=org.freedesktop.DBus', '/', `org.freedesktop.DBus.${MARK}`];
  await promisify(execFile)('dbus-send', ['--session', '--type=method_call', ...call], { env });
}
