/** Finds an element of the page's own HTML. */
export function find<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element ${id}`);
  return element as T;
}

/** Makes an element. Names come from the outside: text is set as text, never as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...content);
  return element;
}

/** Sets a text, if it is another one. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Elements that stay where they are as long as their key does: focus and selection survive an
 * update.
 */
export class Keyed<T extends { readonly element: HTMLElement }> {
  readonly #parent: HTMLElement;
  readonly #items = new Map<string, T>();

  constructor(parent: HTMLElement) {
    this.#parent = parent;
  }

  get items(): Iterable<T> {
    return this.#items.values();
  }

  /** Brings the children into the order of `keys`; makes what is new, removes what is gone. */
  show(keys: readonly string[], create: (key: string) => T, removed?: (item: T) => void): T[] {
    const wanted = new Set(keys);
    for (const [key, item] of this.#items) {
      if (wanted.has(key)) continue;
      removed?.(item);
      item.element.remove();
      this.#items.delete(key);
    }
    return keys.map((key, i) => {
      let item = this.#items.get(key);
      if (item === undefined) {
        item = create(key);
        this.#items.set(key, item);
      }
      const at = this.#parent.children[i];
      if (at !== item.element) this.#parent.insertBefore(item.element, at ?? null);
      return item;
    });
  }
}
