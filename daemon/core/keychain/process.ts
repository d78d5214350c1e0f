import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { childOptions } from '../../../shared/child-options.js';
import { encodeLine, LineDecoder } from '../../../shared/framing.js';
import type { KeychainAnswer, KeychainRequest } from './protocol.js';

/** What finding the keychain takes on each system. Nothing else of the environment reaches the child. */
const ENVIRONMENT =
  /^(HOME|USER|LOGNAME|PATH|LANG|XDG_.*|DBUS_SESSION_BUS_ADDRESS|TMPDIR|SYSTEMROOT|USERPROFILE|USERNAME|APPDATA|LOCALAPPDATA|TEMP)$/i;

/** How Node ends if a file or a module is missing; whatever else ends the program is a signal. */
const NOT_LOADED = 1;

/** One child process that serves calls to the keychain, one at a time. It never keeps this process alive by itself. */
export class KeychainProcess {
  readonly #gone: Promise<void>;
  readonly #child;
  #nextId = 1;
  #alive = true;
  #loaded = true;
  #settle: ((answer: KeychainAnswer | undefined) => void) | undefined;

  constructor(path: string, env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [...childOptions(), path], {
      env: Object.fromEntries(Object.entries(env).filter(([name]) => ENVIRONMENT.test(name))),
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    });
    this.#child = child;
    this.#gone = new Promise((resolve) => {
      const end = () => {
        this.#end();
        resolve();
      };
      child.on('error', () => {
        this.#loaded = false;
        end();
      });
      child.on('exit', (code) => {
        this.#loaded = code !== NOT_LOADED;
        end();
      });
    });
    this.#listen();
  }

  /** Whether the program itself could be loaded, if that is known. */
  get hasLoaded(): boolean {
    return this.#loaded;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** The answer to a call, or `undefined` if the process ended before it came. */
  ask(call: Omit<KeychainRequest, 'id'>): Promise<KeychainAnswer | undefined> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#child.stdin.write(encodeLine({ id: this.#nextId, ...call }));
    });
  }

  kill(): void {
    this.#end();
    this.#child.kill('SIGKILL');
  }

  /** Kills the process and waits until it is gone. */
  async close(): Promise<void> {
    this.#child.ref();
    this.kill();
    await this.#gone;
  }

  #listen(): void {
    const { stdin, stdout } = this.#child;
    // Writing to a child that has just ended fails here; its end is what counts.
    stdin.on('error', () => {});
    const lines = new LineDecoder();
    stdout.on('data', (chunk: Buffer) => {
      for (const line of lines.push(chunk)) this.#take(line ?? '');
    });
    this.#child.unref();
    for (const stream of [stdin, stdout]) if (stream instanceof Socket) stream.unref();
  }

  /** A child that says anything but the answer is not to be relied on. */
  #take(line: string): void {
    const answer = readAnswer(line);
    if (answer?.id !== this.#nextId) {
      this.kill();
      return;
    }
    this.#nextId += 1;
    this.#settle?.(answer);
  }

  #end(): void {
    this.#alive = false;
    this.#settle?.(undefined);
  }
}

function readAnswer(line: string): KeychainAnswer | undefined {
  try {
    return JSON.parse(line) as KeychainAnswer;
  } catch {
    return undefined;
  }
}
