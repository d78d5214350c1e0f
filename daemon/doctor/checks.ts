import type { Check } from './check.js';
import { node } from './checks/node.js';

/** Every check in its order: what the others need comes first. */
export const checks: readonly Check[] = [node];
