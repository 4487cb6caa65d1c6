/** A query that fails, with the protocol's code for its class of errors. */
export class Failure extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** https://github.com/rethinkdb/rethinkdb/blob/next/src/rdb_protocol/ql2.proto */
export const CODES = {
  logic: 3_000_000,
  nonExistence: 3_100_000,
  failed: 4_100_000,
  permission: 6_000_000,
} as const;
