import { crc32, deflateRawSync } from 'node:zlib';

/** A file or folder of an archive. What is left out is as an honest program writes it. */
export interface ZipEntry {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** Of Unix, with its type. */
  readonly mode?: number;
  readonly method?: number;
  /** General purpose flags; UTF-8 names without it. */
  readonly flags?: number;
  /** The bytes in the archive, if they are not those of `content`. */
  readonly packed?: Buffer;
  /** What the archive says of them. */
  readonly size?: number;
  readonly packedSize?: number;
  readonly crc?: number;
  /** Where the archive says that it begins. */
  readonly offset?: number;
  readonly extra?: Buffer;
}

export interface ZipOptions {
  /** How many entries the archive says it has. */
  readonly count?: number;
  /** Whether its end is that of zip64, as for more than 65,535 entries. */
  readonly zip64?: boolean;
  /** Where the end of zip64 is said to be. */
  readonly zip64Offset?: bigint;
  /** Whether its directory begins with the last file. */
  readonly backwards?: boolean;
}

export const LINK = 0o120777;
const UTF8 = 0x800;
const STORED = 0;
const DEFLATED = 8;
const FILE = 0o100644;
const FOLDER = 0o040755;
const UNIX = 3 << 8;
const MOST_SMALL = 0xffff;

/** The bytes of an archive, made by hand: real programs do not write those that a test needs. */
export function zipOf(entries: readonly ZipEntry[], options: ZipOptions = {}): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[][] = [];
  let at = 0;
  for (const entry of entries) {
    const written = writtenEntry(entry, at);
    local.push(...written.local);
    central.push(written.central);
    at += written.local.reduce((sum, { length }) => sum + length, 0);
  }
  if (options.backwards) central.reverse();
  const directory = Buffer.concat(central.flat());
  return Buffer.concat([...local, directory, ...endOf(at, directory.length, entries.length, options)]);
}

function writtenEntry(entry: ZipEntry, at: number): { local: Buffer[]; central: Buffer[] } {
  const name = Buffer.from(entry.name);
  const content = Buffer.from(entry.content ?? '');
  const { method = DEFLATED, flags = UTF8, extra = Buffer.alloc(0) } = entry;
  const packed = entry.packed ?? (method === STORED ? content : deflateRawSync(content));
  const { crc = crc32(content), packedSize = packed.length, size = content.length } = entry;
  const common = Buffer.concat([
    words(20, flags, method, 0, 0x21),
    longs(crc, packedSize, size),
    words(name.length, extra.length),
  ]);
  const mode = entry.mode ?? (name.toString('latin1').endsWith('/') ? FOLDER : FILE);
  const rest = Buffer.concat([words(0, 0, 0), longs((mode << 16) >>> 0, entry.offset ?? at)]);
  return {
    local: [longs(0x04034b50), common, name, extra, packed],
    central: [longs(0x02014b50), words(UNIX | 30), common, rest, name, extra],
  };
}

function endOf(start: number, length: number, entries: number, options: ZipOptions): Buffer[] {
  const { count = entries, zip64 = count > MOST_SMALL } = options;
  const small = zip64 ? MOST_SMALL : count;
  const end = Buffer.concat([
    longs(0x06054b50),
    words(0, 0, small, small),
    ...(zip64 ? [longs(0xffffffff, 0xffffffff)] : [longs(length, start)]),
    words(0),
  ]);
  if (!zip64) return [end];
  const record = Buffer.concat([
    longs(0x06064b50),
    ...[quads(44n), words(45, 45), longs(0, 0)],
    quads(BigInt(count), BigInt(count), BigInt(length), BigInt(start)),
  ]);
  const offset = options.zip64Offset ?? BigInt(start + length);
  return [record, longs(0x07064b50, 0), quads(offset), longs(1), end];
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, 2 * index);
  return bytes;
}

function longs(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
}

function quads(...values: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(value, 8 * index);
  return bytes;
}
