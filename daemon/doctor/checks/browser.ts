import { browserPlace, type Machine } from '../../../shared/browser-place.js';
import type { Environment } from '../../../shared/paths.js';
import { type Check, type Finding, ok, warning } from '../check.js';

const WITHOUT_BROWSER =
  'Sign in by a code on another device: sigilforge add-account SERVICE ACCOUNT --flow device_code, or paste the address to which another browser is sent: sigilforge add-account SERVICE ACCOUNT --no-browser';

export const browser: Check = { name: 'browser', run: ({ env }) => [browserFor(env)] };

/** Whether a sign-in can open a browser that returns to it. */
export function browserFor(env: Environment, machine?: Machine): Finding {
  const { opens, obstacle } = browserPlace(env, machine);
  return opens === undefined
    ? warning(`${obstacle}, so a sign-in only shows its address.`, WITHOUT_BROWSER)
    : ok(`A sign-in opens ${opens}.`);
}
