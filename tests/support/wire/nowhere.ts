import { expect } from 'vitest';
import type { Sandbox } from '../start/sandbox.js';

/**
 * Searches every file of a sandbox for these bytes, by a process of its own: reading a file of the database would drop
 * the locks of a process that has it open.
 */
export async function expectNowhere(sandbox: Sandbox, canaries: readonly (string | Buffer)[]): Promise<void> {
  const wanted = canaries.map((canary) => Buffer.from(canary).toString('hex'));
  const program = `
    const fs = require('node:fs');
    const wanted = process.argv.slice(2).map((hex) => Buffer.from(hex, 'hex'));
    const files = fs.readdirSync(process.argv[1], { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const found = files.flatMap(({ path, name }) => {
      const content = fs.readFileSync(path + '/' + name);
      return wanted.some((bytes) => content.includes(bytes)) ? [name] : [];
    });
    console.log(JSON.stringify({ searched: files.length, found }));`;
  const search = sandbox.spawn([process.execPath, '--eval', program, sandbox.home, ...wanted], { input: '' });
  const { stdout, stderr } = await search.exited;
  expect({ ...JSON.parse(stdout || '{}'), stderr }).toEqual({
    searched: expect.toSatisfy((count: number) => count > 0),
    found: [],
    stderr: '',
  });
}
