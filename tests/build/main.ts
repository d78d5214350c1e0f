import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundle } from './bundle.js';
import { declarationFiles } from './declarations.js';
import { launcherFiles } from './launchers.js';
import { methodsPage } from './methods-page.js';
import { buildNativeEverywhere, buildNativeHere } from './native.js';
import { openRpcDocument } from './openrpc.js';
import { ROOT } from './settings.js';

/** What can be built: everything in `dist` that programs read, the declarations of types, and the pages to read. */
const targets: Readonly<Record<string, () => void | Promise<void>>> = {
  async code() {
    await bundle();
    buildNativeHere();
    write(launcherFiles(), 0o755);
    write({ 'dist/openrpc.json': `${JSON.stringify(openRpcDocument())}\n` });
  },
  native: buildNativeEverywhere,
  types() {
    // A module's types are those of the CommonJS file, by another name.
    write({ ...declarationFiles(), 'dist/client.d.mts': "export * from './client.js';\n" });
  },
  docs: () => write({ 'daemon/METHODS.md': methodsPage() }),
};

/** Each file appears whole, in place of the older one. Names are from the root of the project. */
function write(files: Readonly<Record<string, string>>, mode = 0o644): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(ROOT, name);
    const unfinished = `${file}.${randomUUID()}.tmp`;
    writeFileSync(unfinished, text, { mode });
    renameSync(unfinished, file);
  }
}

async function main(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const make = targets[name];
    if (!make) throw new Error(`There is nothing to build named ${name}.`);
    await make();
  }
}

void main(process.argv.slice(2));
