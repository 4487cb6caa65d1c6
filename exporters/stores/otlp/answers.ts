import type { ISerializer } from '@opentelemetry/otlp-transformer';
import type { Outcome } from '../../delivery/batch-writer.js';
import { ImproperlyConfiguredError, RejectedError, SplitError } from '../../errors.js';
import type { OtlpRequest } from './requests.js';

/** What a collector says about what it did not take. https://opentelemetry.io/docs/specs/otlp/#partial-success */
export interface ExportAnswer {
  readonly partialSuccess?: {
    readonly rejectedDataPoints?: number | string;
    readonly rejectedLogRecords?: number | string;
    readonly errorMessage?: string;
  };
}

/**
 * What a status means, if it is no success: halve the batch, wait for somebody to mend something, refuse for good; else try
 * again.
 */
export function failureOf(status: number): Error | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 413) return new SplitError('request too large (413)');
  if (status === 401 || status === 403)
    return new ImproperlyConfiguredError(
      `the collector answers ${status}: check the headers (OTEL_EXPORTER_OTLP_HEADERS)`,
    );
  if ((status >= 300 && status < 400) || [404, 405, 407, 415, 501].includes(status)) {
    return new ImproperlyConfiguredError(
      `what answers (${status}) does not take OTLP over HTTP: check url; it is the base address, without /v1/metrics`,
    );
  }
  if (status < 500 && status !== 408 && status !== 429) return new RejectedError(`HTTP ${status}`);
  return new Error(`the collector answers ${status}`);
}

/**
 * Enters what a successful answer says. It may say how many it did not take, though not which: so many reports at the end of the
 * request count as rejected.
 * @returns what the collector has to say beside that.
 */
export function settle(
  body: Uint8Array,
  serializer: ISerializer<OtlpRequest['data'], ExportAnswer>,
  positions: readonly number[],
  outcomes: Outcome[],
): string | undefined {
  const { partialSuccess } = read(body, serializer);
  const message = partialSuccess?.errorMessage ?? '';
  const rejected = Math.min(
    Number(partialSuccess?.rejectedDataPoints ?? partialSuccess?.rejectedLogRecords ?? 0),
    positions.length,
  );
  positions.forEach((position, i) => {
    outcomes[position] =
      i < positions.length - rejected
        ? 'stored'
        : { rejected: `partial success${message === '' ? '' : `: ${message}`}` };
  });
  return message === '' ? undefined : message;
}

/** The status has said that the data were taken; an answer that nobody can read does not change that. */
function read(
  body: Uint8Array,
  serializer: ISerializer<OtlpRequest['data'], ExportAnswer>,
): ExportAnswer {
  try {
    return body.length === 0 ? {} : serializer.deserializeResponse(body);
  } catch {
    return {};
  }
}
