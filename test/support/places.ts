import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';

/** A directory in memory for a test's files; `discard` removes it. */
export function directory(): { path: string; discard(): void } {
  const path = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'kaneda-test-'));
  return {
    path,
    discard: () => {
      chmodSync(path, 0o700);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** What is said through `diag` while `work` runs. */
export function said(work: () => void): string[] {
  const lines: string[] = [];
  const hear = (message: string, ...rest: unknown[]): void =>
    void lines.push([message, ...rest].join(' '));
  const logger: DiagLogger = {
    error: hear,
    warn: hear,
    info: () => {},
    debug: () => {},
    verbose: () => {},
  };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
  try {
    work();
  } finally {
    diag.disable();
  }
  return lines;
}
