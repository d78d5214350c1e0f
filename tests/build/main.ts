import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundle } from './bundle.js';
import { ROOT } from './settings.js';

/** Builds everything in `dist` that programs run; the declarations of types are `npm run build:types`. */
async function main(): Promise<void> {
  await bundle();
  // A module's types are the same as those of the CommonJS file, by another name.
  await writeFile(path.join(ROOT, 'dist/client.d.mts'), "export * from './types/client/index.js';\n");
}

void main();
