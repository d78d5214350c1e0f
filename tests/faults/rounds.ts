/** How many rounds the long form runs: the number that `npm run test:faults -- --rounds N` gives. */
const asked = Number(process.env['SIGILFORGE_FAULT_ROUNDS'] ?? '');

/** Whether this is the long form, in which nothing is made smaller to save time. */
export const long = asked > 0;

/** The rounds that a test runs: `bounded` of them under `npm test`, as many as were asked for in the long form. */
export function rounds(bounded: number): number {
  return long ? asked : bounded;
}
