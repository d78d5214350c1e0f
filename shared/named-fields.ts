import * as v from 'valibot';
import { FieldName } from './schemas.js';

/** In characters. */
export const MAX_FIELD_VALUE = 2048;

/** Fields of a provider's answers that are kept with an account and are not secret, by the names that its entry has for them. */
export const NamedFields = v.record(FieldName, v.pipe(v.string(), v.maxLength(MAX_FIELD_VALUE)));
export type NamedFields = Readonly<v.InferOutput<typeof NamedFields>>;
