/** Whether a person is at the terminal. Without one a browser is never opened. */
export function isAttended(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}
