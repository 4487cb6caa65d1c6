import type { estypes } from '@elastic/elasticsearch';
import { NUMBER_FIELDS } from './documents.js';

/** Grows with every change of the mappings below; a template of a lower version is replaced, one of a higher version never. */
export const VERSION = 1;
/** `_meta.managed_by` of each template of ours. */
export const MANAGER = 'kaneda-otel';

const keyword = { type: 'keyword', ignore_above: 1024 } as const;
const number = { type: 'double', ignore_malformed: true } as const;
const flattened = { type: 'flattened', ignore_above: 1024 } as const;

/** The name that our template has in the cluster. */
export const templateName = (indexName: string): string => `${indexName}@kaneda`;

/**
 * The index template of `NAME-*`. No field is ever added by a document (`dynamic: false`), so that no report can make another
 * one unstorable, nor fill the cluster's state. `subobjects: false` lets keys with dots be what they are. What an application
 * wants beside it (its own fields, shards, a lifecycle policy) goes into a component template `NAME@custom`, which may be made
 * at any time.
 */
export function indexTemplate(indexName: string): estypes.IndicesPutIndexTemplateRequest {
  const properties: Record<string, estypes.MappingProperty> = {
    '@timestamp': { type: 'date' },
    timestamp: { type: 'alias', path: '@timestamp' },
    start_timestamp: { type: 'date' },
    host: keyword,
    name: keyword,
    metric: keyword,
    app_name: keyword,
    unit: keyword,
    // Kaneda puts numbers and an event's text under one name: text stays findable in the sub-fields.
    value: { ...number, fields: { text: { type: 'text', norms: false }, keyword } },
    tags: keyword,
    labels: flattened,
    fields: flattened,
  };
  for (const field of NUMBER_FIELDS) properties[field] = number;
  return {
    name: templateName(indexName),
    index_patterns: [`${indexName}-*`],
    // Below 100, where Elasticsearch's own templates begin; a longer name is the more exact one (`app-billing-*` before `app-*`).
    priority: 10 + Math.min(indexName.length, 80),
    version: VERSION,
    composed_of: [`${indexName}@custom`],
    ignore_missing_component_templates: [`${indexName}@custom`],
    template: { mappings: { dynamic: false, subobjects: false, properties } },
    _meta: { managed_by: MANAGER },
  };
}
