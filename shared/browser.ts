/** Opens an http or https address in the person's browser. Returns whether a browser was started. */
export async function openBrowser(address: string): Promise<boolean> {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false;
  try {
    const { default: open } = await import('open');
    await open(url.href);
    return true;
  } catch {
    // The address can be found in another way as well, so a machine without a browser is not an error.
    return false;
  }
}
