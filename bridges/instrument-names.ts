/** OpenTelemetry's limit for the names of instruments. */
const MAX_CHARACTERS = 255;

/**
 * A name as OpenTelemetry allows it: letters, digits, `_`, `.`, `-`, `/`, a letter first; what is
 * forbidden becomes `_`.
 */
export function allowedName(name: string): string {
  const allowed = name.replace(/[^a-z0-9_.\-/]/gi, '_');
  return (/^[a-z]/i.test(allowed) ? allowed : `m${allowed}`).slice(0, MAX_CHARACTERS);
}

/**
 * Gives each owner an instrument name of its own. OpenTelemetry knows names without regard to case,
 * and one name is one instrument: the second owner gets a suffix that says what it is, further ones
 * a number.
 */
export class InstrumentNames {
  readonly #taken = new Set<string>();

  /** `suffix`: what to call it if the name is taken, such as `gauge`. */
  take(name: string, suffix: string): string {
    const plain = allowedName(name);
    let free = plain;
    for (let n = 1; this.#taken.has(free.toLowerCase()); n++) {
      const end = n === 1 ? `.${suffix}` : `.${suffix}_${n}`;
      free = plain.slice(0, MAX_CHARACTERS - end.length) + end;
    }
    this.#taken.add(free.toLowerCase());
    return free;
  }
}
