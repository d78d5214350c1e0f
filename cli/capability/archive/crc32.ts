/** The checksum of zip (ISO 3309). Node has one of its own from 20.15 on. */
export class Crc32 {
  #state = 0xffffffff;

  add(piece: Uint8Array): void {
    let state = this.#state;
    for (const byte of piece) state = (state >>> 8) ^ (TABLE[(state ^ byte) & 0xff] ?? 0);
    this.#state = state;
  }

  get value(): number {
    return (this.#state ^ 0xffffffff) >>> 0;
  }
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ ((value & 1) === 0 ? 0 : 0xedb88320);
  return value;
});
