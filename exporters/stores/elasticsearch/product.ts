import type { Client } from '@elastic/elasticsearch';
import { ImproperlyConfiguredError } from '../../errors.js';

/**
 * The parts of the client that ask without its check of the product, which hides what else
 * answered.
 */
interface Insides {
  readonly connectionPool?: {
    getConnection?(options: object): Connection | null;
  };
}

interface Connection {
  request?(parameters: object, options: object): Promise<{ readonly body: unknown }>;
}

const CONTEXT = { requestId: 'kaneda-otel', name: 'kaneda-otel', context: undefined } as const;
const TIMEOUT_MS = 3_000;

/**
 * Names OpenSearch in a failure that says only that the server is not Elasticsearch.
 * @returns the failure itself where another product answers, or none.
 */
export async function nameProduct(client: Client, failure: Error): Promise<Error> {
  if (!(await isOpenSearch(client))) return failure;
  return new ImproperlyConfiguredError(
    'the server is OpenSearch, which this exporter cannot write to: send the reports to an OpenTelemetry Collector ' +
      'with OtlpExporter (kaneda-otel/exporters/otlp), whose opensearch exporter stores them',
    { cause: failure },
  );
}

async function isOpenSearch(client: Client): Promise<boolean> {
  try {
    const connection = (client as unknown as Insides).connectionPool?.getConnection?.(CONTEXT);
    const answer = await connection?.request?.(
      { method: 'GET', path: '/', headers: { accept: 'application/json' } },
      { ...CONTEXT, timeout: TIMEOUT_MS },
    );
    return /"distribution"\s*:\s*"opensearch"|OpenSearch Project/.test(String(answer?.body));
  } catch {
    // It is a courtesy: the failure stands as it is.
    return false;
  }
}
