/** Text without what could steer a terminal or reverse the reading direction: providers and programs choose some of it. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ');
}
