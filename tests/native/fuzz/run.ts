import { fuzz } from './fuzz.js';

const SUMMARY_LINES = 9;

/** The long form: `npm run test:fuzz -- MINUTES`, ten without a number. */
async function main([minutes = '10']: readonly string[]): Promise<void> {
  if (!/^[1-9]\d{0,3}$/.test(minutes)) throw new Error('The minutes are a whole number from 1.');
  const { held, said } = await fuzz(Number(minutes) * 60);
  process.stderr.write(held ? said.split('\n').slice(-SUMMARY_LINES).join('\n') : said);
  process.exitCode = held ? 0 : 1;
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
});
