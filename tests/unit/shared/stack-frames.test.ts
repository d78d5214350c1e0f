import { expect, test } from 'vitest';
import { stackFrames } from '../../../shared/stack-frames.js';

test('frames hold nothing of the message, even if its lines look like frames', () => {
  const error = new Error('first\n    at hunter2 (hush)\nlast');
  const frames = stackFrames(error);
  expect(frames.length).toBeGreaterThan(0);
  expect(frames.every((line) => line.startsWith('    at '))).toBe(true);
  expect(frames.join('\n')).not.toMatch(/hunter2|hush/);
});

test('a stack that does not have the message has no frames that could be told from it', () => {
  const error = new Error('another');
  error.stack = 'Error: one\n    at f (file.js:1:1)';
  expect(stackFrames(error)).toEqual([]);
});

test('an error without a stack has no frames', () => {
  const error = new Error('one');
  delete error.stack;
  expect(stackFrames(error)).toEqual([]);
});
