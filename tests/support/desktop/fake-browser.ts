import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listenOnLoopback } from '../wire/loopback.js';

/** What a browser was started with. */
interface Opened {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** A folder for the front of PATH whose browser tells that it was started, and ends once `leave` was called. */
export interface FakeBrowser {
  /** With the folder in front of it. */
  readonly path: string;
  readonly opened: readonly Opened[];
  next(): Promise<Opened>;
  leave(): void;
  stop(): Promise<void>;
}

export async function startFakeBrowser(home: string): Promise<FakeBrowser> {
  const opened: Opened[] = [];
  const waiting: ((one: Opened) => void)[] = [];
  const held = new Set<() => void>();
  const server = await listenOnLoopback(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const one: Opened = JSON.parse(body);
    held.add(() => void response.end());
    opened.push(one);
    for (const tell of waiting.splice(0)) tell(one);
  });
  const folder = path.join(home, 'browsers');
  await mkdir(folder);
  const tell = 'JSON.stringify({ args: process.argv.slice(1), env: process.env })';
  const program = `fetch('${server.url}', { method: 'POST', body: ${tell} }).then((it) => it.text(), () => {});`;
  await writeFile(path.join(folder, 'tell.cjs'), program);
  const start = `#!/bin/sh\nexec '${process.execPath}' -e "$(cat '${folder}/tell.cjs')" "$@"\n`;
  // What xdg-open takes on a desktop that it does not know, if nothing is set for web addresses.
  await writeFile(path.join(folder, 'x-www-browser'), start, { mode: 0o755 });
  await writeFile(path.join(folder, 'xdg-mime'), '#!/bin/sh\n', { mode: 0o755 });
  const leave = (): void => {
    for (const end of held) end();
  };
  return {
    path: `${folder}${path.delimiter}${process.env['PATH']}`,
    opened,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    leave,
    async stop() {
      leave();
      await server.stop();
    },
  };
}
