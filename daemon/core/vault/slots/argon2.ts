import * as v from 'valibot';
import { KEY_BYTES } from '../../sealing/sealing.js';

/** How a key is made of a password by argon2id (RFC 9106), version 0x13. Bounded, because a file may say what it likes. */
export const Argon2Params = v.strictObject({
  algorithm: v.literal('argon2id'),
  memory_kib: v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(1024 * 1024)),
  passes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(32)),
  parallelism: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16)),
  /** In base64. */
  salt: v.pipe(v.string(), v.base64(), v.minLength(12), v.maxLength(128)),
});
export type Argon2Params = v.InferOutput<typeof Argon2Params>;

/** A key of 32 bytes, made beside the event loop. */
export async function argon2id(password: Buffer, params: Argon2Params): Promise<Buffer> {
  // Hardly any process ever needs it, and it is a native library.
  const { hashRaw } = await import('@node-rs/argon2');
  return hashRaw(password, {
    salt: Buffer.from(params.salt, 'base64'),
    memoryCost: params.memory_kib,
    timeCost: params.passes,
    parallelism: params.parallelism,
    outputLen: KEY_BYTES,
  });
}
