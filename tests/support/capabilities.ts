import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A capability in Node, with one grant, one secret of its own and one variable. It waits for ever if it is asked to. */
const WEATHER = {
  name: 'weather',
  version: '1.2.0',
  description: 'Tells the weather of a city.',
  run: { runner: 'node', entry: 'main.mjs' },
  required_secrets: [
    {
      name: 'API_KEY',
      description: 'Asks the weather service.',
      obtain: 'https://weather.example.org/keys',
      obtain_instructions: 'Sign up.',
    },
  ],
  grants: ['auth://example/work/token'],
  env: { EXAMPLE_TOKEN: 'auth://example/work/token' },
};
const WEATHER_PROGRAM = `
export async function run({ city, wait }) {
  console.log('Asking for the weather of ' + city + '.');
  if (wait) await new Promise(() => setInterval(() => {}, 60_000));
  return city + ': 7 degrees.';
}
`;

/** Files by their paths in the folder of a capability. A text that begins with `#!` is a program. */
export type CapabilityFiles = Readonly<Record<string, string>>;

export const weather: CapabilityFiles = {
  'manifest.json': JSON.stringify(WEATHER, undefined, 2),
  'main.mjs': WEATHER_PROGRAM,
};

/** A bot that stays up. */
export const watcher: CapabilityFiles = {
  'manifest.json': JSON.stringify({
    ...{ name: 'watcher', version: '1.2.0', description: 'Watches the weather.', service: true },
    run: { runner: 'command', command: ['./main.sh'] },
  }),
  'main.sh': '#!/bin/sh\nexec sleep 600\n',
};

/** Writes a capability into a folder that is not there yet, which only this user may change. Returns the folder. */
export async function writeCapability(folder: string, files: CapabilityFiles): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: text.startsWith('#!') ? 0o700 : 0o600 });
  }
  return folder;
}
