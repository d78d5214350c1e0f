import * as v from 'valibot';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { isRecord } from '../../../shared/json.js';
import { ProviderSettings } from '../../../shared/provider.js';
import { Secret } from '../../../shared/secret.js';
import { place } from '../sealing/places.js';
import type { StoredProvider } from '../store/providers.js';
import type { Sealer } from '../vault/vault.js';

/** Settings as they are stored, with the proof that a person set them. */
export function sealSettings(
  sealer: Sealer,
  id: string,
  settings: ProviderSettings,
): Pick<StoredProvider, 'settingsText' | 'settingsSeal'> {
  const settingsText = JSON.stringify(settings);
  return {
    settingsText,
    settingsSeal: sealer.seal(place.settingsSeal({ id, settingsText }), new Secret('')),
  };
}

/** What a person set for a provider, proven. Throws `integrity`, naming the provider, if that is damaged or was altered. */
export function provenSettings(sealer: Sealer, stored: StoredProvider): ProviderSettings {
  try {
    sealer.open(place.settingsSeal(stored), stored.settingsSeal);
  } catch (thrown) {
    throw asSigilforgeError(thrown).kind === 'integrity' ? damaged(stored, thrown) : thrown;
  }
  return storedSettings(stored);
}

/** The same without proof, to be shown, not to be sent anything to. Throws `integrity` if it cannot be read. */
export function storedSettings(stored: StoredProvider): ProviderSettings {
  const settings = readableSettings(stored);
  if (settings) return settings;
  throw damaged(stored);
}

/** The same; `undefined` if it is damaged. A list is not settings, although a schema without required fields takes an empty one. */
export function readableSettings({ settings }: StoredProvider): ProviderSettings | undefined {
  const parsed = v.safeParse(ProviderSettings, settings);
  return isRecord(settings) && parsed.success ? parsed.output : undefined;
}

function damaged({ id }: StoredProvider, cause?: unknown): SigilforgeError {
  return new SigilforgeError('integrity', `The stored settings for the provider ${id} are damaged.`, {
    hint: `Remove them with: sigilforge provider remove ${id}, then set them again.`,
    cause,
  });
}
