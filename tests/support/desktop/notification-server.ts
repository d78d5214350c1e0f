import { once } from 'node:events';
import net from 'node:net';

/** A notification as it came over the bus. */
interface Shown {
  readonly app: string;
  readonly summary: string;
  readonly body: string;
  readonly expires: number;
}

/** How the server takes a notification. */
type Manner = 'answers' | 'refuses' | 'hangs';

/**
 * Stands in for a desktop's notification server, of which none runs without a display. It reads what it gets by itself, and
 * not by the code under test; the bus between them, a real one, refuses what is not D-Bus.
 */
export interface NotificationServer {
  readonly shown: readonly Shown[];
  /** The ids of those that were taken away. */
  readonly closed: readonly number[];
  /** Resolves with the next one that comes from now on. */
  next(): Promise<Shown>;
  /** Resolves with the id of the next one that is taken away. */
  nextClosed(): Promise<number>;
  stop(): Promise<void>;
}

const NAME = 'org.freedesktop.Notifications';
const BUS = { destination: 'org.freedesktop.DBus', path: '/', interface: 'org.freedesktop.DBus' };
const FIRST_ID = 41;

/** Owns the name of notification servers on the bus at this address (`unix:path=`). */
export async function startNotificationServer(
  address: string,
  manner: Manner = 'answers',
): Promise<NotificationServer> {
  const socket = net.connect(/^unix:path=([^,]*)/.exec(address)?.[1] ?? '');
  const [shown, closed]: [Shown[], number[]] = [[], []];
  const waiting: { next: ((one: Shown) => void)[]; closed: ((id: number) => void)[] } = {
    next: [],
    closed: [],
  };
  let serial = 0;
  const send = (type: number, fields: Buffer, body: Buffer = Buffer.alloc(0)): void => {
    serial += 1;
    socket.write(message({ type, serial, fields, body }));
  };
  const reply = (call: Received, body: Buffer = Buffer.alloc(0)): void => {
    const to = [field(5, 'u', uint32(call.serial)), field(6, 's', text(call.sender))];
    if (manner === 'refuses') send(3, header([...to, field(4, 's', text(`${NAME}.Error.No`))]));
    else send(2, header(body.length > 0 ? [...to, field(8, 'g', signature('u'))] : to), body);
  };
  const take = (call: Received): void => {
    if (call.member === 'Notify') {
      const one = notificationIn(call.body);
      shown.push(one);
      if (manner !== 'hangs') reply(call, uint32(FIRST_ID - 1 + shown.length));
      for (const tell of waiting.next.splice(0)) tell(one);
    }
    if (call.member === 'CloseNotification') {
      const id = call.body.readUInt32LE(0);
      closed.push(id);
      reply(call);
      for (const tell of waiting.closed.splice(0)) tell(id);
    }
  };
  socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.())).toString('hex')}\r\n`);
  await once(socket, 'data');
  socket.write('BEGIN\r\n');
  const isOwner = new Promise<void>((resolve) => {
    let held = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      for (let length = lengthOf(held); held.length >= length; length = lengthOf(held)) {
        const received = read(held.subarray(0, length));
        held = held.subarray(length);
        if (received.replyTo === 2) resolve();
        take(received);
      }
    });
  });
  send(1, callHeader('Hello'));
  const request = Buffer.concat([text(NAME), pad(text(NAME).length, 4), uint32(4)]);
  send(1, header([...callFields('RequestName'), field(8, 'g', signature('su'))]), request);
  await isOwner;
  return {
    shown,
    closed,
    next: () => new Promise((resolve) => waiting.next.push(resolve)),
    nextClosed: () => new Promise((resolve) => waiting.closed.push(resolve)),
    async stop() {
      socket.destroy();
      if (!socket.closed) await once(socket, 'close');
    },
  };
}

interface Received {
  readonly serial: number;
  readonly member: string;
  readonly sender: string;
  readonly replyTo: number;
  readonly body: Buffer;
}

/** A message's whole length, once that can be told. */
function lengthOf(bytes: Buffer): number {
  if (bytes.length < 16) return 16;
  return 16 + round(bytes.readUInt32LE(12), 8) + bytes.readUInt32LE(4);
}

function read(bytes: Buffer): Received {
  const end = 16 + bytes.readUInt32LE(12);
  const fields = new Map<number, string | number>();
  for (let at = 16; at < end; at = round(at, 8)) {
    const [code, type] = [bytes.readUInt8(at), bytes.toString('latin1', at + 2, at + 3)];
    const value = at + 4;
    if (type === 'u') fields.set(code, bytes.readUInt32LE(value));
    else fields.set(code, type === 'g' ? shortAt(bytes, value) : textAt(bytes, value));
    at =
      value + (type === 'u' ? 4 : type === 'g' ? bytes.readUInt8(value) + 2 : bytes.readUInt32LE(value) + 5);
  }
  const [member, sender, replyTo] = [fields.get(3), fields.get(7), fields.get(5)];
  return {
    serial: bytes.readUInt32LE(8),
    member: typeof member === 'string' ? member : '',
    sender: typeof sender === 'string' ? sender : '',
    replyTo: typeof replyTo === 'number' ? replyTo : 0,
    body: bytes.subarray(round(end, 8)),
  };
}

/** The arguments of `Notify`: susssasa{sv}i. */
function notificationIn(body: Buffer): Shown {
  let at = 0;
  const number = (): number => {
    at = round(at, 4) + 4;
    return body.readUInt32LE(at - 4);
  };
  const string = (): string => {
    at = round(at, 4);
    const value = textAt(body, at);
    at += 4 + body.readUInt32LE(at) + 1;
    return value;
  };
  const app = string();
  const [replaces, icon, summary, text] = [number(), string(), string(), string()];
  const [actions, hints] = [number(), number()];
  at = round(at, 8);
  const expires = number();
  if (replaces !== 0 || icon !== '' || actions !== 0 || hints !== 0 || at !== body.length)
    throw new Error('Something else came.');
  return { app, summary, body: text, expires };
}

function textAt(bytes: Buffer, at: number): string {
  const end = at + 4 + bytes.readUInt32LE(at);
  if (bytes.readUInt8(end) !== 0) throw new Error('A text without its end.');
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(at + 4, end));
}

function shortAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at + 1, at + 1 + bytes.readUInt8(at));
}

interface Sent {
  readonly type: number;
  readonly serial: number;
  readonly fields: Buffer;
  readonly body: Buffer;
}

function message({ type, serial, fields, body }: Sent): Buffer {
  const start = Buffer.from(['l'.charCodeAt(0), type, 0, 1]);
  const lengths = [uint32(body.length), uint32(serial), uint32(fields.length)];
  return Buffer.concat([start, ...lengths, fields, pad(fields.length, 8), body]);
}

function callFields(member: string): Buffer[] {
  return [
    field(1, 'o', text(BUS.path)),
    field(2, 's', text(BUS.interface)),
    field(3, 's', text(member)),
    field(6, 's', text(BUS.destination)),
  ];
}

function callHeader(member: string): Buffer {
  return header(callFields(member));
}

function header(fields: readonly Buffer[]): Buffer {
  return fields.reduce((all, one) => Buffer.concat([all, pad(all.length, 8), one]), Buffer.alloc(0));
}

function field(code: number, type: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([code]), signature(type), value]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([uint32(Buffer.byteLength(value)), Buffer.from(`${value}\0`)]);
}

function signature(value: string): Buffer {
  return Buffer.from([value.length, ...Buffer.from(`${value}\0`)]);
}

function pad(length: number, to: number): Buffer {
  return Buffer.alloc(round(length, to) - length);
}

function round(length: number, to: number): number {
  return Math.ceil(length / to) * to;
}
