/** Calls `leave` once a caller is gone: now, if it is already. Returns what takes that back. */
export function whenGone(gone: AbortSignal, leave: () => void): () => void {
  if (gone.aborted) leave();
  else gone.addEventListener('abort', leave, { once: true });
  return () => gone.removeEventListener('abort', leave);
}
