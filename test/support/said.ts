import { DiagLogLevel, diag } from '@opentelemetry/api';

/** From now on collects what is said through `diag`; the function returned gives the texts so far. */
export function said(): () => readonly string[] {
  const texts: string[] = [];
  const keep = (text: string, ...rest: unknown[]): void =>
    void texts.push([text, ...rest].join(' '));
  diag.setLogger(
    { error: keep, warn: keep, info: keep, debug: keep, verbose: keep },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return () => texts;
}

afterEach(() => diag.disable());
