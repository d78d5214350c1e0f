import * as v from 'valibot';
import { SigilforgeError } from '../../../shared/errors.js';
import { ProviderSettings } from '../../../shared/provider.js';
import type { StoredProvider } from '../store/providers.js';

/** What a person set for a provider. Throws `integrity`, naming the provider, if that is damaged. */
export function storedSettings({ id, settings }: StoredProvider): ProviderSettings {
  const parsed = v.safeParse(ProviderSettings, settings);
  if (parsed.success) return parsed.output;
  throw new SigilforgeError('integrity', `The stored settings for the provider ${id} are damaged.`, {
    hint: `Remove them with: sigilforge provider remove ${id}, then set them again.`,
  });
}
