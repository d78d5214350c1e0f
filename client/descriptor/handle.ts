import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { checkedDescriptor } from './checked.js';

/** One who listens on the handle of this process. */
export interface HandleListener {
  chunk(bytes: Buffer): void;
  /** The other end is closed, or failed. */
  over(): void;
}

/** The one open handle of an inherited descriptor in this process. */
export interface Handle {
  readonly listeners: Set<HandleListener>;
  /** Those that wait for answers: only for them it reads, because other processes may read the same stream. */
  readonly readers: Set<HandleListener>;
  readonly isOver: boolean;
  /** In one write, if the system takes it. */
  write(text: string): void;
  /** Begins or stops reading, as there are readers. */
  update(): void;
  /** Whether it keeps the process alive. */
  hold(listener: HandleListener, held: boolean): void;
}

/** Node cannot open a descriptor twice, and a process may have several bundles of this file. */
const HANDLES = Symbol.for('sigilforge.descriptors');

const CHUNK = 64 * 1024;

/**
 * Opens the descriptor that `SIGILFORGE_FD` names, or finds the handle that this process already has: also one that is over,
 * which Node has closed. Throws as `checkedDescriptor` does.
 */
export function handleOf(value: string): Handle {
  const store: typeof globalThis & { [HANDLES]?: Map<string, Handle> } = globalThis;
  const handles = store[HANDLES] ?? new Map<string, Handle>();
  store[HANDLES] = handles;
  const handle = handles.get(value) ?? open(checkedDescriptor(value));
  handles.set(value, handle);
  return handle;
}

function open(fd: number): Handle {
  const listeners = new Set<HandleListener>();
  const readers = new Set<HandleListener>();
  const holders = new Set<HandleListener>();
  let isOver = false;
  const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = {
    fd,
    // The other processes that have it go on with it.
    allowHalfOpen: true,
    // With a buffer of its own, it reads nothing ahead once it is paused.
    onread: {
      buffer: Buffer.alloc(CHUNK),
      callback(length, buffer) {
        const bytes = Buffer.from(buffer.subarray(0, length));
        for (const listener of [...listeners]) listener.chunk(bytes);
        return readers.size > 0;
      },
    },
  };
  const socket = new Socket(options);
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    socket.unref();
    for (const listener of [...listeners]) listener.over();
  };
  socket.on('end', end).on('error', end).on('close', end);
  socket.pause();
  socket.unref();
  return {
    listeners,
    readers,
    get isOver() {
      return isOver;
    },
    write: (text) => {
      if (!isOver) socket.write(text);
    },
    update: () => {
      if (readers.size > 0) socket.resume();
      else socket.pause();
    },
    hold: (listener, held) => {
      if (held) holders.add(listener);
      else holders.delete(listener);
      if (holders.size > 0 && !isOver) socket.ref();
      else socket.unref();
    },
  };
}
