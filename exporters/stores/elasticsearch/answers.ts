import { firstWords } from '../../diagnostics/first-words.js';

/** The parts of a client's error that decide what happens next. Nothing of the request is in it. */
export interface Answer {
  /**
   * The error's name: `ResponseError`, `ConnectionError`, … The error may come from another copy of
   * the client.
   */
  readonly name: string;
  /**
   * The error's message where no server answered, else empty: an answer's message may repeat
   * documents.
   */
  readonly message: string;
  readonly status: number | undefined;
  /** Elasticsearch's type of the error: `media_type_header_exception`. */
  readonly type: string | undefined;
  /** Elasticsearch itself answered, not a proxy or another program. */
  readonly fromStore: boolean;
  /** The first words of what a program other than Elasticsearch answered. */
  readonly text: string;
  /** The address that was asked, as far as the client tells it. */
  readonly address: string | undefined;
}

interface ClientError {
  readonly name?: string;
  readonly message?: string;
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly meta?: ClientMeta;
}

interface ClientMeta {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly meta?: { readonly connection?: { readonly url?: unknown } | null };
}

/** Reads whatever a client threw. Never throws. */
export function readAnswer(thrown: unknown): Answer {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as ClientError;
  const body = error.body ?? error.meta?.body;
  // The client takes the status from the body where it can; a proxy's body may hold anything.
  const status = error.meta?.statusCode || error.statusCode;
  const headers = error.headers ?? error.meta?.headers;
  const type = errorTypeIn(body);
  const fromStore =
    headers?.['x-elastic-product'] === 'Elasticsearch' || isStoreError(body, status);
  return {
    name: error.name ?? 'Error',
    message: status === undefined ? firstWords(error.message) : '',
    status,
    type,
    fromStore,
    text: fromStore ? '' : firstWords(body),
    address: addressIn(error.meta),
  };
}

/** Tells the client's major version by the headers of its requests, for the remedy. */
export function clientMajorIn(thrown: unknown): number | undefined {
  const { headers } =
    ((thrown as ClientError)?.meta?.meta?.connection as { headers?: Record<string, unknown> }) ??
    {};
  const major = /\bes=(\d+)/.exec(String(headers?.['x-elastic-client-meta']))?.[1];
  return major === undefined ? undefined : Number(major);
}

/**
 * A proxy may take Elasticsearch's header away; then its JSON tells it: an error with a type, and
 * the status again.
 */
function isStoreError(body: unknown, status: number | undefined): boolean {
  return (
    errorTypeIn(body) !== undefined &&
    status !== undefined &&
    (body as { status?: unknown }).status === status
  );
}

function errorTypeIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { error } = body as { error?: { type?: unknown } | string | null };
  const type = typeof error === 'object' ? error?.type : undefined;
  return typeof type === 'string' ? type : undefined;
}

function addressIn(meta: ClientMeta | undefined): string | undefined {
  const url = meta?.meta?.connection?.url;
  return url === undefined ? undefined : String(url).replace(/\/$/, '');
}
