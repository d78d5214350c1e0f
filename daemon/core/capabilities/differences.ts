import type { FileChange } from '../../../shared/contract/index.js';
import type { StoredFile } from '../store/capabilities.js';

/** What became of files since they were recorded, in the order of their paths. */
export function differences(recorded: readonly StoredFile[], found: readonly StoredFile[]): FileChange[] {
  const before = new Map(recorded.map((file) => [file.path, file]));
  const changes: FileChange[] = [];
  for (const file of found) {
    const known = before.get(file.path);
    before.delete(file.path);
    if (known === undefined) changes.push({ path: file.path, change: 'added' });
    else if (known.sha256 !== file.sha256 || known.executable !== file.executable)
      changes.push({ path: file.path, change: 'changed' });
  }
  for (const path of before.keys()) changes.push({ path, change: 'missing' });
  return changes.sort((one, other) => (one.path < other.path ? -1 : 1));
}
