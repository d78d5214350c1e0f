import { SettingName } from '../../shared/provider.js';
import { badArgument } from '../arguments/context.js';

/** The settings of those options whose name is not that of one setting. */
const BY_OPTION: Readonly<Record<string, readonly SettingName[]>> = {
  scopes: ['default_scopes'],
  quirk: ['quirks'],
  'dead-grant-error': ['dead_grant_errors'],
  'answer-field': ['answer_fields'],
  'redirect-field': ['redirect_fields'],
  'param-name': ['param_names'],
  param: ['authorize_params', 'device_params', 'token_params', 'refresh_params', 'address_params'],
};

const RENAMED: ReadonlySet<SettingName> = new Set(Object.values(BY_OPTION).flat());

/** What `--unset` takes: the names of the options of `provider set`. */
export const UNSETTABLE: readonly string[] = [
  ...Object.keys(BY_OPTION),
  ...SettingName.options.filter((name) => !RENAMED.has(name)).map((name) => name.replaceAll('_', '-')),
].sort();

/** The settings that `--unset NAME` names, by their options or by their own names. */
export function readUnset(texts: readonly string[]): SettingName[] {
  return texts.flatMap((text) => {
    const option = text.replace(/^--/, '');
    if (Object.hasOwn(BY_OPTION, option)) return BY_OPTION[option] ?? [];
    const setting = SettingName.options.find((name) => name === option.replaceAll('-', '_'));
    if (setting === undefined) throw badArgument(`--unset is one of ${UNSETTABLE.join(', ')}.`);
    return [setting];
  });
}
