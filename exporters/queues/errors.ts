/**
 * A job that a worker rejects: its bytes are not a job of Kaneda's, or are too large, too deep or
 * hostile. The message is the reason that goes with the dead letter. Code `KANEDA_MESSAGE`.
 */
export class MessageError extends Error {
  /** Always `KANEDA_MESSAGE`. */
  readonly code = 'KANEDA_MESSAGE';

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'MessageError';
  }
}
