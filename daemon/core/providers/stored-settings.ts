import * as v from 'valibot';
import { SigilforgeError } from '../../../shared/errors.js';
import { isRecord } from '../../../shared/json.js';
import { ProviderSettings } from '../../../shared/provider.js';
import type { StoredProvider } from '../store/providers.js';

/** What a person set for a provider. Throws `integrity`, naming the provider, if that is damaged. */
export function storedSettings(stored: StoredProvider): ProviderSettings {
  const settings = readableSettings(stored);
  if (settings) return settings;
  const { id } = stored;
  throw new SigilforgeError('integrity', `The stored settings for the provider ${id} are damaged.`, {
    hint: `Remove them with: sigilforge provider remove ${id}, then set them again.`,
  });
}

/** The same; `undefined` if it is damaged. A list is not settings, although a schema without required fields takes an empty one. */
export function readableSettings({ settings }: StoredProvider): ProviderSettings | undefined {
  const parsed = v.safeParse(ProviderSettings, settings);
  return isRecord(settings) && parsed.success ? parsed.output : undefined;
}
