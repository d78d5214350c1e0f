import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expectGood, finished, outlive, type Scene, sigilforge } from '../../cli/quickstart/scene.js';
import * as stage from '../../cli/quickstart/stage.js';

/** A program that uses the client library. */
const PROGRAM = fileURLToPath(new URL('program.mjs', import.meta.url));

/** A program of one's own, with a daemon and without one. */
export async function tellLibraryStory(scene: Scene): Promise<void> {
  stage.explain('A program of yours asks through the client library, and the daemon answers.');
  await sigilforge(scene, ['daemon', 'start']);
  stage.command('cat program.mjs');
  stage.output(await readFile(PROGRAM, 'utf8'));
  const last = await runProgram(scene, 'daemon');
  stage.explain('The daemon ends once more.');
  await sigilforge(scene, ['daemon', 'stop']);
  stage.explain('The token expires again, and no daemon runs: the library refreshes it in its place.');
  await outlive(scene, last);
  await runProgram(scene, 'direct');
}

/** Runs the program, which is to be answered by the daemon, or directly by the library. Returns its token. */
async function runProgram(scene: Scene, via: 'daemon' | 'direct'): Promise<string> {
  scene.signal.throwIfAborted();
  stage.command('node program.mjs');
  const { ended } = scene.home.startProgram([process.execPath, PROGRAM]);
  const { stdout } = finished('node program.mjs', await ended);
  const [, answeredBy, token = ''] = /^answered by: (\w+)\ntoken: (\S+)$/m.exec(stdout) ?? [];
  if (answeredBy !== via) throw new Error(`The program was answered by ${answeredBy} instead of ${via}.`);
  await expectGood(scene, token);
  return token;
}
