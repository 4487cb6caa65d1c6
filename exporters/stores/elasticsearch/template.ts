import type { Client, estypes } from '@elastic/elasticsearch';
import { NUMBER_FIELDS } from './documents.js';
import { failureOf } from './outcomes.js';

/** Grows with every change of the mappings below; a template of a lower version is replaced, one of a higher version never. */
const VERSION = 1;
const MANAGER = 'kaneda-otel';

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

/**
 * Makes the template, or brings it up to date. Any number of processes may do this at once: the first one creates it, the others
 * see it there. A newer one is left alone, and a template of the user's own that names these indices is left in charge.
 * @returns what an administrator should know, if anything; documents are written all the same.
 * @throws what a connection or an overloaded server throws: to be tried again.
 */
export async function ensureTemplate(
  client: Client,
  indexName: string,
  index: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const decision = await lookUp(client, indexName, index, signal);
      if (decision === 'keep') return undefined;
      await client.indices.putIndexTemplate(
        { ...indexTemplate(indexName), create: decision === 'create' },
        { signal, maxRetries: 0 },
      );
      return undefined;
    } catch (error) {
      const failure = failureOf(error);
      const { statusCode } = error as { statusCode?: number };
      // Only a refusal of the template itself lets documents be written without it.
      if (
        failure.name === 'Error' ||
        statusCode === undefined ||
        statusCode < 400 ||
        statusCode === 401
      )
        throw failure;
      // Another process was faster with `create`: look again.
      if (attempt < 3 && statusCode === 400) continue;
      return `${failure.message}${reasonOf(error)}. Documents are written without the index template; to have it, an administrator runs: ${command(indexName)}`;
    }
  }
}

/** Whether our template is to be made, replaced, or nothing is to be done. */
async function lookUp(
  client: Client,
  indexName: string,
  index: string,
  signal: AbortSignal,
): Promise<'create' | 'replace' | 'keep'> {
  const { index_templates: templates } = await client.indices.getIndexTemplate(
    {
      filter_path:
        'index_templates.name,index_templates.index_template.index_patterns,index_templates.index_template.version,index_templates.index_template._meta',
    },
    { signal, maxRetries: 0 },
  );
  for (const { name, index_template: template } of templates ?? []) {
    if (name === templateName(indexName))
      return template._meta?.managed_by === MANAGER && (template.version ?? 0) < VERSION
        ? 'replace'
        : 'keep';
    if (template._meta?.managed_by !== MANAGER && covers(template.index_patterns, index))
      return 'keep';
  }
  const legacy = await client.indices.getTemplate(
    { filter_path: '*.index_patterns' },
    { signal, maxRetries: 0, ignore: [404, 410] },
  );
  // Any composable template hides all legacy ones: a user's own of that kind is worth more than ours.
  return Object.values(legacy).some(({ index_patterns }) => covers(index_patterns, index))
    ? 'keep'
    : 'create';
}

/**
 * Whether a user's patterns name this index in particular; a pattern that begins with `*` is meant for all and does not count.
 */
function covers(patterns: string | readonly string[] | undefined, index: string): boolean {
  return [patterns ?? []].flat().some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return parts[0] !== '' && new RegExp(`^${parts.join('.*')}$`).test(index);
  });
}

/** Why the server refused: of a template it names the one in the way. */
function reasonOf(error: unknown): string {
  const reason = (error as { body?: { error?: { reason?: string } } }).body?.error?.reason;
  return reason === undefined ? '' : `: ${reason}`;
}

function command(indexName: string): string {
  const { name, ...body } = indexTemplate(indexName);
  return `curl -X PUT "$ELASTICSEARCH_URL/_index_template/${name}" -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
}
