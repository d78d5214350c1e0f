import { buildIfOld } from '../build/fresh.js';

/** Before any test: most of them run what is built, and an old build would have them pass or fail by mistake. */
export async function setup(): Promise<void> {
  if (await buildIfOld()) process.stderr.write('dist was older than the sources, so it was built again.\n');
}
