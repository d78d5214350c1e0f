import { rmSync } from 'node:fs';
import { withPathErrors } from '../../shared/path-error.js';
import { installedService } from '../../shared/service/installed.js';
import { servicePlaces } from '../../shared/service/service-places.js';
import { controls } from './controls.js';
import { besides, removeEmptyFolders } from './unit-files.js';

/** What `daemon uninstall` has done. */
export interface Removal {
  readonly removed: readonly string[];
  /** Files of the service that a person has changed or added. */
  readonly left: readonly string[];
}

/** Stops the service, and removes what `daemon install` has written. `undefined` if none is installed. */
export async function uninstallService(): Promise<Removal | undefined> {
  const [service, places] = [installedService(), servicePlaces()];
  if (service === undefined || places === undefined) return undefined;
  const control = controls[service.manager];
  await control.assertReachable();
  await control.disable();
  const pathsOf = (isOurs: boolean) =>
    service.files.filter(({ authorship }) => (authorship === 'ours') === isOurs).map(({ path }) => path);
  const [removed, left] = [pathsOf(true), [...pathsOf(false), ...besides(places.files)]];
  for (const file of removed) withPathErrors(file, () => rmSync(file));
  await control.forget();
  removeEmptyFolders(places.folder);
  return { removed, left };
}
