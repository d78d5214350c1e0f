/** Where a value of each of these types begins: at a multiple of its alignment (D-Bus specification, "Marshaling"). */
const [WORD, STRUCT] = [4, 8];

/** Values one after another as D-Bus has them on the wire, little endian. */
export class BusWriter {
  readonly #parts: Buffer[] = [];
  #length = 0;

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  byte(value: number): this {
    return this.#add(Buffer.from([value]));
  }

  uint32(value: number): this {
    const bytes = Buffer.alloc(WORD);
    bytes.writeUInt32LE(value);
    return this.#align(WORD).#add(bytes);
  }

  /** Also an object path. */
  string(text: string): this {
    return this.uint32(Buffer.byteLength(text)).#add(Buffer.from(`${text}\0`));
  }

  signature(text: string): this {
    return this.byte(text.length).#add(Buffer.from(`${text}\0`));
  }

  /** An array without elements, whose elements are strings or structs. */
  emptyArray(of: 'strings' | 'structs'): this {
    this.uint32(0);
    return of === 'structs' ? this.struct() : this;
  }

  /** Where a struct or an entry of a dictionary begins. */
  struct(): this {
    return this.#align(STRUCT);
  }

  #align(to: number): this {
    return this.#add(Buffer.alloc(-this.#length & (to - 1)));
  }

  #add(bytes: Buffer): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }
}

/** Reads such values, in the byte order of the one who wrote them. Throws a `RangeError` beyond their end. */
export class BusReader {
  readonly #bytes: Buffer;
  readonly #isLittle: boolean;
  #at = 0;

  constructor(bytes: Buffer, isLittle: boolean) {
    this.#bytes = bytes;
    this.#isLittle = isLittle;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes.readUInt8(this.#at);
    this.#at += 1;
    return value;
  }

  uint32(): number {
    this.#align(WORD);
    const value = this.#isLittle ? this.#bytes.readUInt32LE(this.#at) : this.#bytes.readUInt32BE(this.#at);
    this.#at += WORD;
    return value;
  }

  string(): string {
    return this.#text(this.uint32());
  }

  signature(): string {
    return this.#text(this.byte());
  }

  struct(): void {
    this.#align(STRUCT);
  }

  #text(length: number): string {
    const end = this.#at + length;
    if (end >= this.#bytes.length) throw new RangeError('It ends within a text.');
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  #align(to: number): void {
    this.#at += -this.#at & (to - 1);
  }
}
