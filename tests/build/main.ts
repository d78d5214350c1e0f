import { bundle } from './bundle.js';

/** Builds everything in `dist` that programs run; the declarations of types are `npm run build:types`. */
async function main(): Promise<void> {
  await bundle();
}

void main();
