import { TextEncoder } from 'node:util';
import type { TagPolicy, Tags, TagValue } from '../../bridges/cells/store.js';
import { nameText, typeName } from './metric-names.js';

/** Keys (or list items) of one tag set that are kept, at most: the first ones. */
const MAX_KEYS = 64;
/** UTF-8 bytes of a key, a value or a list item, at most. */
const MAX_BYTES = 1024;

/** True if something can be tags at all; what is in them is looked at when they are first seen. */
export const areTags = (tags: unknown): tags is Tags | undefined =>
  tags === undefined || (typeof tags === 'object' && tags !== null);

/**
 * Returns the tags to keep for tags seen for the first time. Unreadable tags are refused
 * like wrong ones.
 */
export const tagPolicy: TagPolicy = {
  admit: admitTags,
  keeps: keepsValue,
  failed: () => undefined,
};

/**
 * The tags to keep of a set seen for the first time: the same object if nothing is wrong with it,
 * else a copy with texts well-formed and not too long, at most 64 keys, without keys whose value is
 * undefined or null and without repeats in a list. A list may come in any order, being a set.
 * `undefined`: they are not tags.
 * @throws what a getter or proxy throws.
 */
export function admitTags(tags: Tags): Tags | undefined {
  return Array.isArray(tags)
    ? admitList(tags)
    : admitRecord(tags as Readonly<Record<string, unknown>>);
}

/** True if a tag's value is kept as it is. */
function keepsValue(value: unknown): boolean {
  return typeof value === 'string'
    ? isFit(value)
    : typeof value === 'boolean' || Number.isFinite(value);
}

function admitList(tags: readonly unknown[]): readonly string[] | undefined {
  const kept = new Set<string>();
  let asTheyAre = tags.length <= MAX_KEYS;
  // Not `every`, which would pass over a hole.
  for (const tag of tags) {
    if (typeof tag !== 'string') return undefined;
    asTheyAre &&= isFit(tag);
    kept.add(cutTag(tag));
  }
  return asTheyAre && kept.size === tags.length
    ? (tags as readonly string[])
    : [...kept].slice(0, MAX_KEYS).sort();
}

function admitRecord(tags: Readonly<Record<string, unknown>>): Tags | undefined {
  // By its tag and not by its prototype: a plain object of another realm (a vm, a test runner) is
  // one too, a Map or a Date is none.
  if (Object.prototype.toString.call(tags) !== '[object Object]') return undefined;
  return areAsTheyAre(tags) ? (tags as Tags) : corrected(Object.entries(tags));
}

/** True if a record is kept as it is. Most are, and an event's are looked at each time. */
function areAsTheyAre(tags: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(tags);
  if (keys.length > MAX_KEYS) return false;
  for (const key of keys) if (key === '' || !isFit(key) || !keepsValue(tags[key])) return false;
  return true;
}

/** The record with texts well-formed and short enough, without keys that have no value. */
function corrected(entries: readonly (readonly [string, unknown])[]): Tags | undefined {
  const kept: [string, TagValue][] = [];
  for (const [key, value] of entries) {
    if (value === undefined || value === null) continue;
    if (key === '' || !isTagValue(value)) return undefined;
    if (kept.length < MAX_KEYS)
      kept.push([cutTag(key), typeof value === 'string' ? cutTag(value) : value]);
  }
  return Object.fromEntries(kept);
}

/**
 * The first thing that is wrong with tags that were refused, for a message: its key and its type,
 * never its value. `undefined` if nothing is found, or the tags cannot be read.
 */
export function tagFault(tags: unknown): string | undefined {
  try {
    if (Array.isArray(tags)) {
      const at = tags.findIndex((tag) => typeof tag !== 'string');
      return at < 0 ? undefined : `item ${at} of the list of tags is ${typeName(tags[at])}`;
    }
    if (Object.prototype.toString.call(tags) !== '[object Object]')
      return `the tags are ${typeName(tags)}`;
    for (const [key, value] of Object.entries(tags as object)) {
      if (key === '') return 'a tag has an empty key';
      if (value !== undefined && value !== null && !isTagValue(value))
        return `the tag ${nameText(key)} is ${typeName(value)}`;
    }
  } catch {
    return 'a tag throws when it is read';
  }
  return undefined;
}

const isTagValue = (value: unknown): value is TagValue =>
  typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);

const isFit = (text: string): boolean => text.isWellFormed() && byteLengthFits(text);
const byteLengthFits = (text: string): boolean =>
  text.length * 3 <= MAX_BYTES || Buffer.byteLength(text) <= MAX_BYTES;
const encoder = new TextEncoder();

function cutTag(text: string): string {
  const formed = text.toWellFormed();
  if (byteLengthFits(formed)) return formed;
  // encodeInto stops before a character that does not fit whole.
  return formed.slice(0, encoder.encodeInto(formed, new Uint8Array(MAX_BYTES)).read);
}
