import type { SecretRequestInfo } from '../../shared/contract/index.js';

/** What a capability says, in one line that says so: blanks in it cannot make it look like several. */
export function ownWords(capability: string, text: string): string {
  return `${capability} says: ${text.replace(/\s+/g, ' ').trim()}`;
}

/** What each secret is for that a request asks for, and where a person gets one. */
export function secretLines({ capability, secrets }: SecretRequestInfo): string[] {
  return secrets.flatMap(({ name, description, obtain, obtain_instructions }) => {
    const texts = [
      ...(description === '' ? [] : [description]),
      ...(obtain === null ? [] : [`Get one at ${obtain}`]),
      ...(obtain_instructions === null ? [] : [obtain_instructions]),
    ];
    return texts.map((text) => `${name}: ${ownWords(capability, text)}`);
  });
}
