import { type Context, context, type HrTime, type SpanContext, trace } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { newId } from './ids.js';
import { KANEDA } from './kaneda-attributes.js';
import { OWN_SCOPE } from './scopes.js';

type Readable = ReadableLogRecord;

const SCOPE = { name: OWN_SCOPE };

/**
 * A call that becomes one report: an event, a custom, or, in individual mode, any call. It is the
 * log record that exporters are given. Those of this copy of the package take its parts, and all
 * others what OpenTelemetry's records have, which is made when it is asked for.
 */
export class SingleRecord implements Readable {
  readonly timestamp = dateNow();
  /** The context of the call, which a record that waits must not lose. */
  readonly context: Context = context.active();
  readonly body: NonNullable<Readable['body']>;
  readonly instrumentationScope = SCOPE;
  readonly droppedAttributesCount = 0;
  readonly id: string;
  readonly unit: string | undefined;
  /** A copy. A sorted list is the one tag `tags`. */
  readonly tags: Readonly<Record<string, unknown>>;
  /** Given by the pipeline that hands it to exporters. */
  resource!: Readable['resource'];

  /**
   * @param metric `event`, `counter`, the custom's own type.
   * @param body text, number, or what a custom has: already fit to be stored, and nobody else's.
   * @param tags admitted.
   */
  constructor(
    readonly eventName: string,
    readonly metric: string,
    body: unknown,
    tags: readonly string[] | Readonly<Record<string, unknown>> | undefined,
    { id, unit }: { readonly id?: string; readonly unit?: string },
  ) {
    this.body = body as NonNullable<Readable['body']>;
    this.id = id ?? newId(this.timestamp.getTime());
    this.unit = unit;
    this.tags = Array.isArray(tags) ? { tags: [...tags].sort() } : { ...tags };
  }

  get attributes(): Readable['attributes'] {
    const { metric, id, unit, tags } = this;
    // The tags come last: V8 takes twenty times as long to add a property to a spread object. Only
    // tags of these very names need it.
    const attributes: Record<string, unknown> = {
      [KANEDA.metric]: metric,
      [KANEDA.id]: id,
      ...tags,
    };
    if (attributes[KANEDA.metric] !== metric) attributes[KANEDA.metric] = metric;
    if (attributes[KANEDA.id] !== id) attributes[KANEDA.id] = id;
    if (unit !== undefined) attributes[KANEDA.unit] = unit;
    return attributes as Readable['attributes'];
  }

  get hrTime(): HrTime {
    const milliseconds = this.timestamp.getTime();
    return [Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1e6];
  }

  get hrTimeObserved(): HrTime {
    return this.hrTime;
  }

  /** Undefined outside of spans, as in the SDK's own records. */
  get spanContext(): SpanContext {
    return trace.getSpanContext(this.context) as SpanContext;
  }
}

let last = new Date(0);

/** The same Date within a millisecond, which takes half the time of a new one. */
function dateNow(): Date {
  const now = Date.now();
  if (now !== last.getTime()) last = new Date(now);
  return last;
}
