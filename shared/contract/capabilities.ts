import * as v from 'valibot';
import { CapabilityName, VariableName } from '../manifest.js';
import { MAX_REFERENCE } from '../reference.js';
import { SecretValue, Text, Timestamp } from '../schemas.js';
import { Cursor, cursorParam, Encoding, method } from './types.js';

/** One reference that may be granted, with `*` for whole segments if wanted. */
export const Grant = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_REFERENCE));

/** How a bot stands: `failing` while it waits to be started again after an end of its own. */
export const ServiceStatus = v.picklist(['created', 'running', 'stopped', 'failing']);
export type ServiceStatus = v.InferOutput<typeof ServiceStatus>;

/** What stands in the lists: a capability as it was trusted last. `version` is that of its manifest, `number` counts from 1. */
export const CapabilityInfo = v.object({
  id: v.string(),
  name: v.string(),
  version: v.string(),
  number: v.number(),
  description: v.string(),
  runner: v.picklist(['python', 'node', 'command']),
  path: v.string(),
  active: v.boolean(),
  /** `null` for what is not a bot. */
  service: v.nullable(ServiceStatus),
  created_at: Timestamp,
  trusted_at: Timestamp,
});
export type CapabilityInfo = v.InferOutput<typeof CapabilityInfo>;

/** A bot: since when it stands as it does, and what is known about its starts. */
export const BotState = v.object({
  since: v.nullable(Timestamp),
  /** Of the program that is up. */
  run_id: v.nullable(v.string()),
  /** How often it was started again by itself since a person started it. */
  restarts: v.number(),
  next_start_at: v.nullable(Timestamp),
  /** Why it ended last, or could not be started. */
  error: v.nullable(v.string()),
  /** The file of today's output. */
  transcript: v.string(),
});
export type BotState = v.InferOutput<typeof BotState>;

/** A secret of its own that a capability needs. */
export const RequiredSecret = v.object({
  name: v.string(),
  description: v.string(),
  obtain: v.nullable(v.string()),
  obtain_instructions: v.nullable(v.string()),
  is_set: v.boolean(),
});

/** The same with what it asks for, what it was granted, and what a run would get. */
export const CapabilityDetails = v.object({
  ...CapabilityInfo.entries,
  timeout_s: v.number(),
  concurrent: v.boolean(),
  keep_alive: v.boolean(),
  /** `null` for what is not a bot. */
  bot: v.nullable(BotState),
  command: v.array(v.string()),
  grants: v.array(v.object({ grant: v.string(), asked_for: v.boolean(), granted_at: v.nullable(Timestamp) })),
  env: v.record(v.string(), v.string()),
  required_secrets: v.array(RequiredSecret),
  file_count: v.number(),
});
export type CapabilityDetails = v.InferOutput<typeof CapabilityDetails>;

/** What became of a file since it was trusted. */
export const FileChange = v.object({
  path: v.string(),
  change: v.picklist(['added', 'changed', 'missing']),
});
export type FileChange = v.InferOutput<typeof FileChange>;

/** What was trusted of a capability. */
export const CapabilityVersion = v.object({
  number: v.number(),
  version: v.string(),
  trusted_at: Timestamp,
  file_count: v.number(),
  manifest: v.string(),
  /** Whether its files are kept, so that it can be restored. */
  kept: v.boolean(),
});

/** Versions count from 1. */
const VersionNumber = v.pipe(v.number(), v.integer(), v.minValue(1));

const nameParam = { name: CapabilityName };
const detailsResult = v.object({ capability: CapabilityDetails });

export const capabilities = {
  register_capability: method(
    'Registers the folder of a capability, and records the SHA-256 of each of its files. Nothing is granted by it.',
    { path: Text },
    detailsResult,
  ),
  list_capabilities: method(
    'Lists the capabilities, a page at a time.',
    cursorParam,
    v.object({
      capabilities: v.array(CapabilityInfo),
      damaged: v.optional(v.array(v.string())),
      cursor: Cursor,
    }),
  ),
  get_capability: method('Describes one capability.', nameParam, detailsResult),
  set_capability_active: method(
    'Says whether a capability may run. Runs under way go on.',
    { ...nameParam, active: v.boolean() },
    detailsResult,
  ),
  remove_capability: method(
    'Removes a capability with its versions, grants, secrets and storage, and ends its runs. Its folder stays.',
    nameParam,
    v.object({ removed: v.boolean() }),
  ),
  check_capability: method(
    'Compares the folder of a capability with what was trusted last, or with another version.',
    { ...nameParam, number: v.optional(VersionNumber) },
    v.object({
      changes: v.array(FileChange),
      /** Of what is in the folder now. */
      digest: v.string(),
      trusted_manifest: v.string(),
      /** `null` if there is none that can be read. */
      manifest: v.nullable(v.string()),
    }),
  ),
  trust_capability: method(
    'Trusts what is in the folder of a capability now, as a new version.',
    { ...nameParam, digest: v.optional(Text) },
    detailsResult,
  ),
  restore_capability: method(
    'Puts the files of a trusted version back into the folder of a capability, and trusts them as a new version.',
    { ...nameParam, number: VersionNumber, digest: v.optional(Text) },
    detailsResult,
  ),
  start_capability: method('Starts a bot, which then stays up.', nameParam, detailsResult),
  stop_capability: method('Stops a bot, and resolves once it has ended.', nameParam, detailsResult),
  restart_capability: method(
    'Stops a bot and starts it again, with what is trusted, granted and set now.',
    nameParam,
    detailsResult,
  ),
  list_capability_versions: method(
    'Lists what was trusted of a capability, the newest first, a page at a time.',
    { ...nameParam, ...cursorParam },
    v.object({ versions: v.array(CapabilityVersion), cursor: Cursor }),
  ),
  grant_capability: method(
    'Grants a capability one reference. Runs under way do not get it.',
    { ...nameParam, grant: Grant },
    v.object({ grants: v.array(v.string()) }),
  ),
  revoke_capability: method(
    'Takes a grant back, at once from runs under way as well.',
    { ...nameParam, grant: Grant },
    v.object({ revoked: v.boolean(), grants: v.array(v.string()) }),
  ),
  set_capability_secret: method(
    'Stores a secret that only runs of this capability get.',
    { ...nameParam, key: VariableName, value: SecretValue, encoding: v.optional(Encoding, 'utf8') },
    v.object({ key: v.string() }),
  ),
  delete_capability_secret: method(
    'Deletes a secret of a capability.',
    { ...nameParam, key: VariableName },
    v.object({ deleted: v.boolean() }),
  ),
  list_capability_secrets: method(
    'Lists the names of the secrets of a capability, a page at a time, and never their values.',
    { ...nameParam, ...cursorParam },
    v.object({
      secrets: v.array(v.object({ key: v.string(), created_at: Timestamp, updated_at: Timestamp })),
      cursor: Cursor,
    }),
  ),
};
