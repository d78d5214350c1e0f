import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { builtProgram } from '../../shared/built-program.js';
import { type Ended, Started } from './started.js';

/** What programs of the quickstart may know of their surroundings: nothing of desktop, keychain or configuration. */
const KEPT = ['LANG', 'LC_ALL', 'TERM', 'TMPDIR', 'TEMP', 'TMP', 'USER', 'LOGNAME', 'SystemRoot', 'COMSPEC'];

/** A home that is thrown away, with all that was started in it. */
export class Home {
  readonly folder: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Its name is short: the path of a socket may not be long. The quickstart has no business in a person's keychain. */
  static async create(): Promise<Home> {
    const home = new Home(await mkdtemp(path.join(tmpdir(), 'sf-')));
    const config = path.join(home.folder, 'config');
    await mkdir(config, { mode: 0o700 });
    await writeFile(path.join(config, 'config.toml'), '[vault]\nkey = "key_file"\n', { mode: 0o600 });
    return home;
  }

  /** Starts `sigilforge`, the one that this is part of. */
  start(args: readonly string[], input = ''): Started {
    return this.startProgram([process.execPath, builtProgram('sigilforge.cjs'), ...args], input);
  }

  run(args: readonly string[], input?: string): Promise<Ended> {
    return this.start(args, input).ended;
  }

  startProgram([program = '', ...args]: readonly string[], input = ''): Started {
    const child = spawn(program, args, { cwd: this.folder, env: this.#env() });
    this.#keep(child);
    return new Started(child, input);
  }

  /** Starts `sigilforge` on the person's own terminal, with their own desktop, and waits for its end. */
  async runOnTerminal(args: readonly string[]): Promise<number | null> {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('SIGILFORGE_'));
    const env = { ...Object.fromEntries(own), SIGILFORGE_HOME: this.folder };
    const program = [builtProgram('sigilforge.cjs'), ...args];
    const child = spawn(process.execPath, program, { cwd: this.folder, env, stdio: 'inherit' });
    this.#keep(child);
    return new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  }

  /** Ends everything that was started here, and removes the folder. A daemon is known by its socket, however it began. */
  async stop(): Promise<void> {
    for (const child of this.#children) child.kill();
    await Promise.allSettled(
      [...this.#children].map((child) => new Promise((end) => child.once('close', end))),
    );
    await this.run(['daemon', 'stop']).catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #keep(child: ChildProcess): void {
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
  }

  #env(): NodeJS.ProcessEnv {
    const kept = KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
    const paths = [path.dirname(process.execPath), process.env['PATH'] ?? ''];
    const home = { HOME: this.folder, SIGILFORGE_HOME: this.folder };
    return { ...Object.fromEntries(kept), ...home, PATH: paths.join(path.delimiter) };
  }
}
