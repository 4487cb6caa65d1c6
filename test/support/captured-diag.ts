import { DiagLogLevel, diag } from '@opentelemetry/api';

/**
 * Collects what is logged through `diag` from now on; the function returned gives the texts so far.
 * A suite that calls it gives `afterEach` {@link releaseDiag}.
 */
export function captureDiag(): () => readonly string[] {
  const texts: string[] = [];
  const keep = (text: string, ...rest: unknown[]): void =>
    void texts.push([text, ...rest].join(' '));
  diag.setLogger(
    { error: keep, warn: keep, info: keep, debug: keep, verbose: keep },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return () => texts;
}

/** Ends a capture. */
export const releaseDiag = (): void => diag.disable();

/** Returns what is logged through `diag` while `work` runs. */
export async function diagDuring(work: () => void | Promise<void>): Promise<readonly string[]> {
  const texts = captureDiag();
  try {
    await work();
  } finally {
    releaseDiag();
  }
  return texts();
}
