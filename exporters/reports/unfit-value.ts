/** A value that no report can hold. There are few different reasons, so that each is counted. */
export class UnfitValue extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** The reason for which a data point or record makes no report, from the error thrown. */
export const reasonOf = (error: unknown, other = 'malformed data point'): string =>
  error instanceof UnfitValue ? error.reason : other;
