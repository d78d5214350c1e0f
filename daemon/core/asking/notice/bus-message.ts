import { BusReader, BusWriter } from './bus-body.js';
import { NoticeFailure } from './notice-failure.js';

/** A method call. */
export interface BusCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** The types in `body`. A method without parameters has neither. */
  readonly signature?: string;
  readonly body?: Buffer;
}

/** What comes from the bus. */
export interface BusMessage {
  readonly kind: 'answer' | 'error' | 'other';
  /** The serial of the call that it answers. */
  readonly replyTo: number | undefined;
  readonly errorName: string | undefined;
  readonly body: BusReader;
}

/** The part of a message from which its length can be told. */
export const PRELUDE_BYTES = 16;
/** Far more than an answer to what is called here. */
const MOST_BYTES = 65_536;

const LITTLE = 'l'.charCodeAt(0);
const BIG = 'B'.charCodeAt(0);
const VERSION = 1;
const METHOD_CALL = 1;
const KINDS: Readonly<Record<number, BusMessage['kind']>> = { 2: 'answer', 3: 'error' };

/** The fields of a header that are written or read here. */
const FIELD = { path: 1, interface: 2, member: 3, errorName: 4, replyTo: 5, destination: 6, signature: 8 };

export function encodeCall(call: BusCall, serial: number): Buffer {
  const { body = Buffer.alloc(0), signature } = call;
  const fields = new BusWriter();
  const field = (code: number, type: string) => fields.struct().byte(code).signature(type);
  field(FIELD.path, 'o').string(call.path);
  field(FIELD.interface, 's').string(call.interface);
  field(FIELD.member, 's').string(call.member);
  field(FIELD.destination, 's').string(call.destination);
  if (signature !== undefined) field(FIELD.signature, 'g').signature(signature);
  const prelude = new BusWriter().byte(LITTLE).byte(METHOD_CALL).byte(0).byte(VERSION);
  prelude.uint32(body.length).uint32(serial).uint32(fields.bytes.length);
  return Buffer.concat([prelude.bytes, padded(fields.bytes), body]);
}

/** How long the whole message is that begins so. Throws a `NoticeFailure` if it is not a message, or too long. */
export function lengthOf(prelude: Buffer): number {
  const { bodyBytes, fieldBytes } = readPrelude(prelude);
  const length = PRELUDE_BYTES + toStruct(fieldBytes) + bodyBytes;
  if (length > MOST_BYTES) throw new NoticeFailure('the bus sent a message that is too long');
  return length;
}

/** A whole message. Throws a `RangeError` or a `NoticeFailure` if it is damaged. */
export function decodeMessage(bytes: Buffer): BusMessage {
  const { isLittle, kind, fieldBytes } = readPrelude(bytes);
  const end = PRELUDE_BYTES + fieldBytes;
  const fields = readFields(new BusReader(bytes.subarray(PRELUDE_BYTES, end), isLittle));
  const [replyTo, errorName] = [fields.get(FIELD.replyTo), fields.get(FIELD.errorName)];
  return {
    kind: KINDS[kind] ?? 'other',
    replyTo: typeof replyTo === 'number' ? replyTo : undefined,
    errorName: typeof errorName === 'string' ? errorName : undefined,
    body: new BusReader(bytes.subarray(toStruct(end)), isLittle),
  };
}

function readPrelude(bytes: Buffer) {
  const order = bytes.readUInt8(0);
  if (order !== LITTLE && order !== BIG) throw new NoticeFailure('the bus does not speak D-Bus');
  const isLittle = order === LITTLE;
  const reader = new BusReader(bytes, isLittle);
  const [, kind = 0] = [reader.byte(), reader.byte(), reader.byte(), reader.byte()];
  const [bodyBytes, , fieldBytes] = [reader.uint32(), reader.uint32(), reader.uint32()];
  return { isLittle, kind, bodyBytes, fieldBytes };
}

function readFields(reader: BusReader): Map<number, string | number> {
  const fields = new Map<number, string | number>();
  while (!reader.isAtEnd) {
    reader.struct();
    const code = reader.byte();
    fields.set(code, readValue(reader));
  }
  return fields;
}

/** A value of a type that fields of a header have. */
function readValue(reader: BusReader): string | number {
  switch (reader.signature()) {
    case 's':
    case 'o':
      return reader.string();
    case 'g':
      return reader.signature();
    case 'u':
      return reader.uint32();
    default:
      throw new NoticeFailure('the bus sent a message that cannot be read');
  }
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(toStruct(bytes.length) - bytes.length)]);
}

function toStruct(length: number): number {
  return Math.ceil(length / 8) * 8;
}
