import type { AccountInfo } from '../../shared/contract/index.js';

/** What a person can do with an account that was added just now. */
export function nextSteps({ service, account, kind }: AccountInfo): string[] {
  const isKey = kind === 'api_key';
  const reference = `auth://${service}/${account}/${isKey ? 'api_key' : 'token'}`;
  const variable = variableFor(service, isKey ? 'API_KEY' : 'TOKEN');
  return [
    `${isKey ? 'Stored' : 'Signed in'}: ${service}/${account}. Next:`,
    `  sigilforge get-token ${service} ${account}`,
    `  sigilforge exec --env ${variable}=${reference} -- COMMAND`,
  ];
}

/** As programs usually call it, such as `GITHUB_TOKEN`. */
function variableFor(service: string, ending: string): string {
  const name = `${service}_${ending}`.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}
