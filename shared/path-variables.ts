import path from 'node:path';

/** Variables that name a place of Sigilforge and can be left out, and at last the one that each user has. */
const VARIABLES = [
  'SIGILFORGE_HOME',
  'SIGILFORGE_SOCKET',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_STATE_HOME',
  'XDG_RUNTIME_DIR',
  'HOME',
] as const;

type PathVariable = (typeof VARIABLES)[number];

/** The variable of this process that led to `place`, if one did. */
export function variableTo(place: string): PathVariable | undefined {
  return VARIABLES.find((name) => isOnWay(place, meantBy(name)));
}

/** Its absolute path. Of the relative ones, only that of SIGILFORGE_HOME is used. */
function meantBy(name: PathVariable): string | undefined {
  const named = process.env[name];
  if (!named) return undefined;
  if (path.isAbsolute(named)) return named;
  return name === 'SIGILFORGE_HOME' ? path.resolve(named) : undefined;
}

/** Whether the path that a variable names is `place`, above it or below it. */
function isOnWay(place: string, named: string | undefined): boolean {
  if (named === undefined || !path.isAbsolute(place)) return false;
  const [one, other] = [withSlash(place), withSlash(path.normalize(named))];
  return one.startsWith(other) || other.startsWith(one);
}

function withSlash(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}
