import { align } from '../terminal/format.js';

const STEPS: readonly (readonly [command: string, meaning: string])[] = [
  ['sigilforge add-account github me', 'sign in; me is any name you like'],
  ['sigilforge add-account openai me --api-key', 'store an API key'],
  ['sigilforge secret set demo/key', 'store any other secret'],
  ['sigilforge quickstart', 'try it out; nothing is kept'],
  ['sigilforge provider list', 'where it can sign in'],
  ['sigilforge --help', 'all commands'],
];

/** Where a person begins, as lines. `commands`: the names of those that there are. */
export function beginning(commands: readonly string[]): string[] {
  const steps = STEPS.filter(([command]) => {
    const name = command.split(' ')[1] ?? '';
    return name.startsWith('--') || commands.includes(name);
  });
  return [
    'Sign in once, and every program gets a token that works. Begin with one of:',
    '',
    ...align(steps).map((line) => `  ${line}`),
  ];
}
