import * as v from 'valibot';
import { parseJson } from '../../shared/json.js';
import { badArgument } from '../arguments/context.js';

const GROUP = 'client.authentication.k8s.io';
const VERSIONS = ['v1', 'v1beta1'] as const;
type Version = (typeof VERSIONS)[number];

const ExecInfo = v.object({ apiVersion: v.string(), kind: v.literal('ExecCredential') });

export interface KubeToken {
  readonly value: string;
  /** ISO 8601, `null` if it is not known. */
  readonly expires_at: string | null;
}

/** The version that the caller reads, by the variable KUBERNETES_EXEC_INFO; the newest one without it. */
export function askedVersion(info: string | undefined): Version {
  if (info === undefined || info === '') return 'v1';
  const asked = v.safeParse(ExecInfo, parseJson(info));
  if (!asked.success) {
    throw badArgument(
      'KUBERNETES_EXEC_INFO does not hold an ExecCredential.',
      'Let kubectl start this command, or unset the variable.',
    );
  }
  const version = VERSIONS.find((known) => asked.output.apiVersion === `${GROUP}/${known}`);
  if (version !== undefined) return version;
  throw badArgument(
    'KUBERNETES_EXEC_INFO asks for a version of ExecCredential that is not known here.',
    `Set apiVersion of exec in the kubeconfig to ${GROUP}/v1 or ${GROUP}/v1beta1.`,
  );
}

/** What kubectl reads. Without an end it keeps the token for as long as it runs, or until a cluster refuses it. */
export function execCredential(version: Version, { value, expires_at }: KubeToken): object {
  const end = expires_at === null ? {} : { expirationTimestamp: expires_at };
  return { apiVersion: `${GROUP}/${version}`, kind: 'ExecCredential', status: { ...end, token: value } };
}
