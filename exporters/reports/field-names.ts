/** The prefix of a field whose own name is taken. */
const PREFIX = 'field_';

/** Renames a field of the user's: prefixed with `field_`, as often as it takes not to meet a field of these objects. */
export function prefixedName(key: string, ...taken: readonly object[]): string {
  let name = `${PREFIX}${key}`;
  while (taken.some((object) => Object.hasOwn(object, name))) name = `${PREFIX}${name}`;
  return name;
}

/** Adds the application's name where Kaneda has no such field; a custom's own field of that name keeps its value under another. */
export function addAppName(document: Record<string, unknown>, appName: string | undefined): void {
  if (appName === undefined) return;
  if (document.app_name !== undefined)
    document[prefixedName('app_name', document)] = document.app_name;
  document.app_name = appName;
}
