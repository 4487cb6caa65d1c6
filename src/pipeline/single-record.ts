import type { HrTime } from '@opentelemetry/api';
import { type Context, context, trace } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Tags } from '../../bridges/cells/store.js';
import { newId } from '../../exporters/reports/ids.js';
import { KANEDA } from '../../exporters/reports/kaneda-attributes.js';
import { OWN_SCOPE } from '../../exporters/reports/scopes.js';
import type { EmittedRecord } from './logs-api.js';
import { ownResource } from './resource.js';

/** One thing that becomes one report: an event, a custom, or, in individual mode, any call. */
export interface SingleRecord {
  readonly name: string;
  /** `event`, `counter`, the custom's own type. */
  readonly metric: string;
  /** Text, number, or what a custom has: already fit to be stored, and nobody else's. */
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly timestamp: Date;
  /** The context of the call, which a record that waits must not lose. */
  readonly context: Context;
}

/** Makes the record of a call that happens now. `tags` are admitted; they are copied. */
export function singleRecord(
  name: string,
  metric: string,
  body: unknown,
  tags: Tags | undefined,
  more: { id?: string; unit?: string },
): SingleRecord {
  const timestamp = new Date();
  const id = more.id ?? newId(timestamp.getTime());
  // The tags come last: V8 takes twenty times as long to add a property to a spread object. Only
  // tags of these very names need it.
  const attributes: Record<string, unknown> = {
    [KANEDA.metric]: metric,
    [KANEDA.id]: id,
    ...(Array.isArray(tags) ? { tags: [...tags].sort() } : tags),
  };
  if (attributes[KANEDA.metric] !== metric) attributes[KANEDA.metric] = metric;
  if (attributes[KANEDA.id] !== id) attributes[KANEDA.id] = id;
  if (more.unit !== undefined) attributes[KANEDA.unit] = more.unit;
  return { name, metric, body, attributes, timestamp, context: context.active() };
}

/** As a logger of the application's takes it. */
export function asEmitted(record: SingleRecord): EmittedRecord {
  return {
    eventName: record.name,
    body: record.body,
    attributes: { ...record.attributes },
    timestamp: record.timestamp,
    observedTimestamp: record.timestamp,
    context: record.context,
  };
}

const SCOPE = { name: OWN_SCOPE };

/** As a processor hands it to exporters. */
export function asReadable(record: SingleRecord, resource = ownResource()): ReadableLogRecord {
  const milliseconds = record.timestamp.getTime();
  const time: HrTime = [Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1e6];
  const spanContext = trace.getSpanContext(record.context);
  const readable: ReadableLogRecord = {
    hrTime: time,
    hrTimeObserved: time,
    body: record.body as NonNullable<ReadableLogRecord['body']>,
    eventName: record.name,
    resource,
    instrumentationScope: SCOPE,
    attributes: record.attributes as ReadableLogRecord['attributes'],
    droppedAttributesCount: 0,
  };
  return spanContext === undefined ? readable : Object.assign(readable, { spanContext });
}
