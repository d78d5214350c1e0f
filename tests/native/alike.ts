import { expect } from 'vitest';
import { GAVE_WAY, type NativeScene, type RunOptions } from './scene.js';

/** Expects that both clients do the same, to the byte; returns which of them answers when the native one is called. */
export async function expectAlike(
  scene: NativeScene,
  args: readonly string[],
  options: RunOptions = {},
): Promise<'C' | 'Node'> {
  const only = await scene.nativeOnly(args, options);
  const node = await scene.node(args, options);
  if (only.code !== GAVE_WAY) {
    expect(only, args.join(' ')).toEqual(node);
    return 'C';
  }
  expect(await scene.native(args, options), args.join(' ')).toEqual(node);
  return 'Node';
}
