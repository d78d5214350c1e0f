import type { Command } from 'commander';
import type { SigilforgeClient } from '../../client/index.js';
import { withClient } from '../access/client.js';
import { askedVersion, execCredential, type KubeToken } from '../access/kube-credential.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

interface Request {
  readonly service: string;
  readonly account: string;
  readonly idToken: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<SERVICE>', 'the service of the account')
    .argument('<ACCOUNT>', 'the account')
    .option('--id-token', 'the ID token, for clusters that take OpenID Connect')
    .action((service: string, account: string, options: { readonly idToken?: boolean }) =>
      printCredential(context, { service, account, idToken: options.idToken ?? false }),
    );
  addNotes(command, {
    notes:
      'For a user of a kubeconfig (exec). It answers in the version that KUBERNETES_EXEC_INFO asks for, with the end of the token, so that kubectl asks again in time. kubectl does not say that a cluster has refused a token: after that, run sigilforge refresh-token.',
    examples: [
      ['sigilforge kube-credential corp work --id-token', 'print the ID token as an ExecCredential'],
      [
        'sigilforge helper install kubectl --account corp/work --user corp --id-token',
        'set it up in the kubeconfig',
      ],
    ],
    seeAlso: ['sigilforge helper install', 'sigilforge refresh-token'],
  });
}

async function printCredential(context: Context, request: Request): Promise<void> {
  const version = askedVersion(process.env['KUBERNETES_EXEC_INFO']);
  const token = await withClient(context, (client) => tokenOf(client, request));
  context.output.value(JSON.stringify(execCredential(version, token)));
}

async function tokenOf(client: SigilforgeClient, { service, account, idToken }: Request): Promise<KubeToken> {
  if (!idToken) {
    const { access_token: value, expires_at } = await client.getToken({ service, account });
    return { value, expires_at };
  }
  const { value, metadata } = await client.resolve({ reference: `auth://${service}/${account}/id_token` });
  return { value: value ?? '', expires_at: metadata.expires_at };
}
