import { nearest } from '../../shared/nearest.js';
import { badArgument } from '../arguments/context.js';
import { aws } from './aws.js';
import { docker } from './docker/docker.js';
import { git } from './git-setup.js';
import type { Helper } from './helper.js';
import { kubectl } from './kubectl.js';
import { mailHelpers } from './mail.js';

/** Every program that Sigilforge can be set up in. A helper is an entry here, and a file in this folder. */
export const helpers: readonly Helper[] = [git, docker, aws, kubectl, ...mailHelpers];

/** The helper of a name. */
export function helperOf(name: string): Helper {
  const found = helpers.find((helper) => helper.name === name);
  if (found !== undefined) return found;
  const names = helpers.map((helper) => helper.name);
  const meant = nearest(name, names);
  throw badArgument(
    'There is no helper of this name.',
    `${meant === undefined ? '' : `Did you mean ${meant}? `}Name one of: ${names.join(', ')}`,
  );
}
