import type { estypes } from '@elastic/elasticsearch';

type Query = estypes.QueryDslQueryContainer;

/** Numbers in JSON. */
const NUMBER = '-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+\\-]?[0-9]+)?';
/** Those of them whose text JavaScript writes otherwise. */
const ODD_NUMBER = '-?[0-9]+(\\.[0-9]+)?[eE].*|-?[0-9]+\\.[0-9]+|-0|-?[0-9]{16,}';
const BOOLEANS = ['true', 'false'];
/** Java takes for a number what is none elsewhere: `1d`, `0x1p3`. */
const NO_DECIMAL = '.*[^0-9eE.+\\-].*';
const JSON_NUMBER = new RegExp(`^${NUMBER}$`);

/** The number whose JSON a text is. */
export const numberIn = (text: string): number | undefined =>
  JSON_NUMBER.test(text) ? Number(text) : undefined;

/**
 * Finds the counters whose sums by the server are those of a summary: an index does not tell
 * numbers and booleans from their texts. Documents of another writer, or with lists of tags, may be
 * left out, to be read one by one.
 * @param indices with all fields mapped as by our template.
 * @param texts fields that are texts in a report.
 * @param by tags whose values' types are told.
 * @param tags all tags that are looked at.
 */
export function documentsToSum(
  indices: readonly string[],
  texts: readonly string[],
  by: readonly string[],
  tags: readonly string[],
): Query {
  const labels = tags.map((tag) => `labels.${tag}`);
  const ignored = ['tags', 'value', 'value.keyword', ...texts, ...labels];
  return {
    bool: {
      filter: [countersIn(indices), ...['name', 'value', '@timestamp'].map(exists)],
      must_not: [
        { terms: { _ignored: ignored } },
        matching('value.keyword', NO_DECIMAL),
        ...texts.map((field) => matching(field, ODD_NUMBER)),
        ...by.flatMap((tag) => [textOfNumber(tag), { terms: { [`labels.${tag}`]: BOOLEANS } }]),
        ...(by.length > 0 ? [exists('tags')] : []),
      ],
    },
  };
}

/** Finds all counters in indices. */
export const countersIn = (indices: readonly string[]): Query => ({
  bool: { filter: [{ terms: { _index: [...indices] } }, { term: { metric: 'counter' } }] },
});

const exists = (field: string): Query => ({ exists: { field } });

const matching = (field: string, value: string): Query => ({
  regexp: { [field]: { value, flags: 'NONE' } },
});

/** A text that looks like a number: the exporter puts numbers beside the labels as well. */
const textOfNumber = (tag: string): Query => ({
  bool: {
    filter: [matching(`labels.${tag}`, NUMBER)],
    must_not: [exists(`numeric_labels.${tag}`)],
  },
});
