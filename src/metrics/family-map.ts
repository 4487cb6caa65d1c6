/** A power of two. */
const PLACES = 64;

/**
 * Families by name. Calls mostly come with names that came before: each length of a name has a
 * place that holds the last family found for one, which takes less time than a look into the map.
 * Nothing is taken out.
 */
export class FamilyMap<Family> extends Map<string, Family> {
  // Filled with texts of other lengths: `known` compares texts from the first call on.
  readonly #names: string[] = Array.from({ length: PLACES }, (_, place) =>
    place === 0 ? ' ' : '',
  );
  readonly #families: (Family | undefined)[] = Array.from({ length: PLACES });

  /** The family of this name, if it has one. A name that is not a text has none. */
  known(name: unknown): Family | undefined {
    if (typeof name !== 'string') return undefined;
    const place = name.length & (PLACES - 1);
    return this.#names[place] === name ? this.#families[place] : this.#look(name, place);
  }

  #look(name: string, place: number): Family | undefined {
    const family = this.get(name);
    if (family === undefined) return undefined;
    this.#names[place] = name;
    this.#families[place] = family;
    return family;
  }
}
