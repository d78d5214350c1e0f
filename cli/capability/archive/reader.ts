import type { FileHandle } from 'node:fs/promises';
import { RandomAccessReader } from 'yauzl';

const PIECE_BYTES = 64 * 1024;

/**
 * Reads an archive that is open. Places in it are what the archive says, so they may be anything: yauzl's own reader would
 * hand them to Node, whose error no caller could catch.
 */
export class ArchiveReader extends RandomAccessReader {
  readonly size: number;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, size: number) {
    super();
    this.#handle = handle;
    this.size = size;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#fill(buffer.subarray(offset, offset + length), position).then(() => callback(null), callback);
  }

  /** What is there from `start` on, each piece in memory of its own. */
  async *pieces(start: number, length: number): AsyncGenerator<Buffer> {
    for (let done = 0; done < length; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, length - done));
      await this.#fill(piece, start + done);
      done += piece.length;
      yield piece;
    }
  }

  async #fill(buffer: Buffer, position: number): Promise<void> {
    for (let done = 0; done < buffer.length; ) {
      const { bytesRead } = await this.#handle.read(buffer, done, buffer.length - done, position + done);
      if (bytesRead === 0) throw new Error('the archive ends before that');
      done += bytesRead;
    }
  }
}
