/**
 * The same dimensions were given to two cells of one store. Code `KANEDA_DUPLICATE_VALUE`;
 * `dimensions` are the ones in question.
 */
export class DuplicateValueError extends Error {
  /** Always `KANEDA_DUPLICATE_VALUE`. */
  readonly code = 'KANEDA_DUPLICATE_VALUE';
  /** The dimensions that both cells have. */
  readonly dimensions: Readonly<Record<string, string>>;

  constructor(dimensions: Readonly<Record<string, string>>) {
    super(
      `A cell with the dimensions ${JSON.stringify(dimensions)} exists already; use that one (the option \`reuse: true\` of Cantal's classes gives it), or add a dimension that tells them apart.`,
    );
    this.name = 'DuplicateValueError';
    this.dimensions = dimensions;
  }
}

/**
 * A file of cells cannot be read: missing, malformed, too large, not to be read, or shorter
 * than its `.meta` says. Code
 * `KANEDA_CELL_FILE`; `path` is without suffix.
 */
export class CellFileError extends Error {
  /** Always `KANEDA_CELL_FILE`. */
  readonly code = 'KANEDA_CELL_FILE';
  /** The path of the file, without suffix. */
  readonly path: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path}: ${reason}`, options);
    this.name = 'CellFileError';
    this.path = path;
  }
}
