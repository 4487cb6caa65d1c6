import { ImproperlyConfiguredError } from 'kaneda-otel';
import { ReportExporter, rules } from 'kaneda-otel/exporters';
import { acquire, release } from './databases.js';

/** A longer report is refused: it would make every scan slow. */
const MAX_REPORT_CHARACTERS = 65_536;

/** A store in a folder: LevelDB, with the reports of a name beside each other, in the order of their times. */
export class LevelExporter extends ReportExporter {
  #location;
  #database;

  /** @throws SettingsError with all faults of the options. */
  constructor(options = {}) {
    super(options, {
      name: 'LevelExporter',
      rules: { location: rules.text },
      target: ({ location = 'metrics.db' }) => location,
    });
    this.#location = options.location ?? 'metrics.db';
  }

  /** Opens the folder before the first write. An error is told, and connecting is tried again. */
  async connect() {
    try {
      this.#database = await acquire(this.#location);
    } catch (error) {
      if (error.cause?.code !== 'LEVEL_LOCKED') throw error;
      throw new ImproperlyConfiguredError(
        `${this.#location} is open in another process: end it, or choose another location`,
        { cause: error },
      );
    }
  }

  /** The key ends in the report's id, so a report that comes again replaces itself. */
  async write(reports) {
    const puts = reports.map((report) => {
      const value = JSON.stringify(report, withoutBigints);
      return { type: 'put', key: keyOf(report), value, valueEncoding: 'utf8' };
    });
    const isKept = ({ value }) => value.length <= MAX_REPORT_CHARACTERS;
    await this.#database.batch(puts.filter(isKept), { sync: true });
    return puts.map((put) => (isKept(put) ? 'stored' : { rejected: 'too long' }));
  }

  /** Closes the folder, once, at the end. */
  async disconnect() {
    if (this.#database !== undefined) await release(this.#location);
  }
}

/** The reports of a name, or all: by name, then by time. */
export async function* readLevel(location, name) {
  const database = await acquire(location);
  try {
    const range = name === undefined ? {} : { gte: `${name}\0`, lt: `${name}\x01` };
    for await (const report of database.values(range)) yield report;
  } finally {
    await release(location);
  }
}

const keyOf = ({ name, timestamp, id }) => `${name}\0${timestamp.toISOString()}\0${id}`;

/** JSON has no bigint: text keeps every digit. */
const withoutBigints = (_key, value) => (typeof value === 'bigint' ? String(value) : value);
