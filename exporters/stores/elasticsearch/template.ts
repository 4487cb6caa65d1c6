import type { estypes } from '@elastic/elasticsearch';
import { NUMBER_FIELDS } from '../../reports/plain-json.js';

/**
 * Grows with every change of the mappings below; a template of a lower version is replaced, one of
 * a higher version never.
 */
export const VERSION = 2;
/** `_meta.managed_by` of each template of ours. */
export const MANAGER = 'kaneda-otel';

const keyword = { type: 'keyword', ignore_above: 1024 } as const;
const number = { type: 'double', ignore_malformed: true } as const;
const flattened = { type: 'flattened', ignore_above: 1024 } as const;

/** The name that our template has in the cluster. */
export const templateName = (indexName: string): string => `${indexName}@kaneda`;

/**
 * The forms of the template: servers and distributions differ in what they know. The first one that
 * a server takes is made.
 */
export const FORMS = ['full', 'without histogram', 'flattened labels'] as const;
export type Form = (typeof FORMS)[number];

/**
 * The index template of `NAME-*`. Only labels add fields by themselves, as many as the index may
 * have; any more are stored unsearched. So no report can make another one unstorable, nor fill the
 * cluster's state. What an application wants beside it (its own fields, shards, a lifecycle policy)
 * goes into a component template `NAME@custom`, which may be made at any time.
 */
export function indexTemplate(
  indexName: string,
  form: Form = 'full',
): estypes.IndicesPutIndexTemplateRequest {
  return {
    name: templateName(indexName),
    index_patterns: [`${indexName}-*`],
    // Below 100, where Elasticsearch's own templates begin; a longer name is the more exact one
    // (`app-billing-*` before `app-*`).
    priority: 10 + Math.min(indexName.length, 80),
    version: VERSION,
    composed_of: [`${indexName}@custom`],
    ignore_missing_component_templates: [`${indexName}@custom`],
    template: form === 'flattened labels' ? flattenedLabels() : mappedLabels(form === 'full'),
    _meta: { managed_by: MANAGER },
  };
}

/**
 * Labels as fields of their own: keywords, and numbers beside (the convention of Elastic's APM).
 */
function mappedLabels(withHistogram: boolean): estypes.IndicesPutIndexTemplateIndexTemplateMapping {
  // Without subobjects: a label `a` and a label `a.b` may stand side by side.
  const labels = { type: 'object', dynamic: true, subobjects: false } as const;
  const distribution = withHistogram
    ? ({ type: 'histogram', ignore_malformed: true } as const)
    : unindexed;
  return {
    settings: { 'index.mapping.total_fields.ignore_dynamic_beyond_limit': true },
    mappings: {
      dynamic: false,
      dynamic_templates: [
        { labels: { path_match: 'labels.*', match_mapping_type: '*', mapping: keyword } },
        {
          numeric_labels: {
            path_match: 'numeric_labels.*',
            match_mapping_type: '*',
            mapping: number,
          },
        },
      ],
      properties: { ...mappedProperties(), labels, numeric_labels: labels, distribution },
    },
  };
}

/** For servers that cannot bound the fields that documents add (before 8.12). */
function flattenedLabels(): estypes.IndicesPutIndexTemplateIndexTemplateMapping {
  return {
    mappings: {
      dynamic: false,
      properties: { ...mappedProperties(), labels: flattened, distribution: unindexed },
    },
  };
}

const unindexed = { type: 'object', enabled: false } as const;

/** The fields that every form maps alike. */
export function mappedProperties(): Record<string, estypes.MappingProperty> {
  const fields: Record<string, estypes.MappingProperty> = {
    '@timestamp': { type: 'date' },
    timestamp: { type: 'alias', path: '@timestamp' },
    start_timestamp: { type: 'date' },
    host: keyword,
    instance: keyword,
    name: keyword,
    metric: keyword,
    app_name: keyword,
    unit: keyword,
    // Kaneda puts numbers and an event's text under one name: text stays findable in the
    // sub-fields.
    value: { ...number, fields: { text: { type: 'text', norms: false }, keyword } },
    tags: keyword,
    fields: flattened,
  };
  for (const field of NUMBER_FIELDS) fields[field] = number;
  return fields;
}
