import type { Client } from '@elastic/elasticsearch';
import { ImproperlyConfiguredError } from '../../errors.js';
import { readAnswer } from './answers.js';
import { classifyFailure } from './outcomes.js';
import { FORMS, type Form, indexTemplate, MANAGER, templateName, VERSION } from './template.js';

/** The version to advise: 8.7 is the first that knows `ignore_missing_component_templates`. */
const OLDEST_ADVISED = '8.8';

/**
 * Makes the template, or brings it up to date. Any number of processes may do this at once: the
 * first one creates it, the others see it there. A newer one is left alone, and a template of the
 * user's own that names these indices is left in charge.
 * @returns a remark for the administrator, if there is one; documents are written in either case.
 * @throws anything but Elasticsearch's own refusal of the template: no document may be written
 * before it was looked at.
 */
export async function ensureTemplate(
  client: Client,
  indexName: string,
  index: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      await bringUpToDate(client, indexName, index, FORMS[attempt - 1]!, signal);
      return undefined;
    } catch (error) {
      const { status, type, fromStore } = readAnswer(error);
      if (fromStore && type === TOO_OLD) throw new ImproperlyConfiguredError(tooOld());
      const failure = classifyFailure(error);
      if (!fromStore || !isRefusal(status, failure)) throw failure;
      // Another process was faster with `create`, or the server does not know this form: look
      // again, with the next one.
      if (attempt < FORMS.length && status === 400) continue;
      return `Elasticsearch refuses the index template, ${type} (${status})${reasonOf(error)}. Documents are written without it; to have it, an administrator runs: ${command(indexName)}`;
    }
  }
}

/** The server's type of error for a field of the template that it does not know. */
const TOO_OLD = 'x_content_parse_exception';

const tooOld = (): string =>
  `the Elasticsearch server is too old: upgrade it to ${OLDEST_ADVISED} or later, or make an index template of your own for these indices`;

/** A missing right, or a template that the server does not take as it is. */
const isRefusal = (status: number | undefined, { name }: Error): boolean =>
  status === 403 || (status === 400 && name === 'RejectedError');

async function bringUpToDate(
  client: Client,
  indexName: string,
  index: string,
  form: Form,
  signal: AbortSignal,
): Promise<void> {
  const decision = await lookUp(client, indexName, index, signal);
  if (decision === 'keep') return;
  const answer: unknown = await client.indices.putIndexTemplate(
    { ...indexTemplate(indexName, form), create: decision === 'create' },
    { signal, maxRetries: 0 },
  );
  if ((answer as { acknowledged?: unknown } | null)?.acknowledged !== true)
    throw new StrangeAnswer();
}

/** Tells whether our template is to be made, replaced, or nothing is to be done. */
async function lookUp(
  client: Client,
  indexName: string,
  index: string,
  signal: AbortSignal,
): Promise<'create' | 'replace' | 'keep'> {
  const { index_templates: templates } = checkAnswer(
    await client.indices.getIndexTemplate(
      { filter_path: TEMPLATE_FIELDS },
      { signal, maxRetries: 0 },
    ),
  );
  for (const { name, index_template: template } of templates ?? []) {
    const ours = template._meta?.managed_by === MANAGER;
    if (name === templateName(indexName))
      return ours && (template.version ?? 0) < VERSION ? 'replace' : 'keep';
    if (!ours && covers(template.index_patterns, index)) return 'keep';
  }
  // Any composable template hides all legacy ones: a user's own of that kind is worth more than
  // ours.
  return (await hasLegacy(client, index, signal)) ? 'keep' : 'create';
}

const TEMPLATE_FIELDS = ['index_patterns', 'version', '_meta']
  .map((field) => `index_templates.index_template.${field}`)
  .concat('index_templates.name')
  .join();

async function hasLegacy(client: Client, index: string, signal: AbortSignal): Promise<boolean> {
  try {
    const legacy = checkAnswer(
      await client.indices.getTemplate(
        { filter_path: '*.index_patterns' },
        { signal, maxRetries: 0 },
      ),
    );
    return Object.values(legacy).some(({ index_patterns }) => covers(index_patterns, index));
  } catch (error) {
    const { status, fromStore } = readAnswer(error);
    // A server without legacy templates says so.
    if (fromStore && (status === 404 || status === 410)) return false;
    throw error;
  }
}

/**
 * A redirect, or a page that calls itself a success, is not Elasticsearch's answer.
 * @throws StrangeAnswer
 */
function checkAnswer<T>(answer: T): T {
  if (typeof answer !== 'object' || answer === null) throw new StrangeAnswer();
  return answer;
}

/**
 * An answer that Elasticsearch does not give; it has the name by which the client's own error of
 * that kind is told.
 */
class StrangeAnswer extends Error {
  override readonly name = 'ProductNotSupportedError';
}

/**
 * Tells whether a user's patterns name this index in particular; a pattern that begins with `*` is
 * meant for all and does not count.
 */
function covers(patterns: string | readonly string[] | undefined, index: string): boolean {
  return [patterns ?? []].flat().some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return parts[0] !== '' && new RegExp(`^${parts.join('.*')}$`).test(index);
  });
}

/** The server's reason: of a template it names the one in the way. */
function reasonOf(error: unknown): string {
  const reason = (error as { body?: { error?: { reason?: string } } }).body?.error?.reason;
  return reason === undefined ? '' : `: ${reason}`;
}

function command(indexName: string): string {
  const { name, ...body } = indexTemplate(indexName);
  return `curl -X PUT "$ELASTICSEARCH_URL/_index_template/${name}" -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
}
