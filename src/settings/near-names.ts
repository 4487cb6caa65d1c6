import { nearest } from '../../exporters/setup/option-rules.js';
import { SETTINGS } from './table.js';

const NAMES = Object.keys(SETTINGS);

/** Words that others use for ours. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  URI: 'URL',
  ENDPOINT: 'URL',
  ADDRESS: 'HOST',
  DATABASE: 'DB',
  DB: 'DATABASE',
};

/**
 * The settings that an unknown name may mean: those whose words include its own, or what our word
 * for one of them is, else one that is spelled nearly so.
 */
export function nearSettings(name: string): string[] {
  const including = (words: string): string[] =>
    NAMES.filter((known) => includesWords(known, words));
  const ours = name.replace(/[A-Z]+/g, (word) => OTHER_WORDS[word] ?? word);
  const found = [...new Set([...including(name), ...(ours === name ? [] : including(ours))])];
  return found.length > 0 ? found : [nearest(name, NAMES) ?? []].flat();
}

/** The remedy of an unknown name in a settings file. */
export function suggestSettings(name: string): string {
  const near = nearSettings(name);
  return near.length === 0
    ? 'remove it; docs/settings.md lists all names'
    : `did you mean ${near.join(' or ')}?`;
}

/**
 * `ELASTIC_URL` in `ELASTIC_CONNECTION_URL`, `LOGGER_FILE` in `LOGGER_FILENAME`: at least two
 * words, in their order.
 */
function includesWords(known: string, name: string): boolean {
  const words = name.split('_').filter((word) => word !== '');
  if (words.length < 2) return false;
  let from = 0;
  const parts = known.split('_');
  return words.every((word) => {
    const at = parts.findIndex((part, i) => i >= from && part.startsWith(word));
    from = at + 1;
    return at >= 0;
  });
}

/**
 * Kubernetes puts the address of a service called kaneda, or kaneda-something, into variables of
 * this form.
 */
export const isKubernetesVariable = (name: string): boolean =>
  /(^|_)(SERVICE_(HOST|PORT)|PORT)(_|$)/.test(name);
