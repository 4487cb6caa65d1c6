/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it aborts. What becomes of
 * `work` later is not looked at, an error of it neither.
 * @throws the signal's reason, or what `work` rejects with.
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let giveUp: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
  });
  if (signal.aborted) giveUp!();
  else signal.addEventListener('abort', giveUp!, { once: true });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', giveUp!);
  }
}
