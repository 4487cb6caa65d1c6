import { expect } from 'chai';
import { type Report, ReportExporter } from '../../../../exporters/index.js';
import type { ExporterHarness, TestRunner } from '../../../../src/testing/index.js';
import { describeExporter, describeQueue } from '../../../../src/testing/index.js';

/** A runner that takes the suite down and runs it when asked. */
class Recording {
  readonly titles: string[] = [];
  readonly skipped: string[] = [];
  readonly #cases: [string, () => Promise<void>][] = [];
  readonly #hooks: Record<string, () => unknown> = {};

  readonly runner: TestRunner = {
    describe: (title: string, body: () => void) => {
      this.titles.push(title);
      body();
    },
    it: Object.assign(
      (title: string, body: () => Promise<void>) => void this.#cases.push([title, body]),
      { skip: (title: string) => void this.skipped.push(title) },
    ),
    beforeAll: this.#hook('beforeAll'),
    afterAll: this.#hook('afterAll'),
    beforeEach: this.#hook('beforeEach'),
    afterEach: this.#hook('afterEach'),
  };

  #hook(kind: string) {
    return (body: () => unknown) => {
      this.#hooks[kind] = body;
    };
  }

  /** Runs the cases whose titles match; the titles of those that fail. */
  async failing(matching: RegExp): Promise<string[]> {
    const failed: string[] = [];
    await this.#hooks.beforeAll!();
    for (const [title, body] of this.#cases.filter(([title]) => matching.test(title))) {
      try {
        await this.#hooks.beforeEach!();
        await body();
        await this.#hooks.afterEach!();
      } catch {
        failed.push(title);
      }
    }
    await this.#hooks.afterAll!();
    return failed;
  }
}

/** Keeps reports in a list as its function says. */
class ListExporter extends ReportExporter {
  readonly #keep: (reports: readonly Report[]) => void;

  constructor(keep: (reports: readonly Report[]) => void) {
    super();
    this.#keep = keep;
  }

  protected async write(reports: readonly Report[]): Promise<void> {
    this.#keep(reports);
  }
}

/** A harness of a store that keeps `kept` of each batch, and repeats unless told otherwise. */
function listHarness(
  kept: (reports: readonly Report[]) => readonly Report[],
  options: { once?: boolean } = {},
): ExporterHarness {
  let stored: Report[] = [];
  return {
    clear: async () => {
      stored = [];
    },
    make: () =>
      new ListExporter((reports) => {
        const ids = new Set(stored.map(({ id }) => id));
        stored.push(...kept(reports).filter(({ id }) => !options.once || !ids.has(id)));
      }),
    stored: async () => stored,
  };
}

async function failing(harness: ExporterHarness): Promise<string[]> {
  const recording = new Recording();
  describeExporter('ListExporter', harness, recording.runner);
  return recording.failing(/stores/);
}

const ALL = (reports: readonly Report[]) => reports;

describe('the suite for exporters', () => {
  it('passes a store that keeps each report once', async () => {
    expect(await failing(listHarness(ALL, { once: true }))).to.deep.equal([]);
  });

  it('fails a store that keeps a report twice', async () => {
    expect(await failing(listHarness(ALL))).to.deep.equal([
      'stores a report once that is delivered twice',
    ]);
  });

  it('fails a store that loses reports', async () => {
    expect(await failing(listHarness((reports) => reports.slice(1), { once: true }))).to.include(
      'stores each report once, whole and under its id',
    );
  });

  it('fails a store that changes values', async () => {
    const zero = (reports: readonly Report[]) => reports.map((report) => ({ ...report, value: 0 }));
    expect(await failing(listHarness(zero, { once: true }))).to.deep.equal([
      'stores each report once, whole and under its id',
    ]);
  });

  it('skips what the harness cannot do, and says why', () => {
    const recording = new Recording();
    describeExporter(
      'ListExporter',
      { ...listHarness(ALL), skips: { redelivery: 'no ids' } },
      recording.runner,
    );
    expect(recording.titles).to.deep.equal(["ListExporter keeps the exporters' contract"]);
    expect(recording.skipped.map((title) => /\(skipped: (.*)\)/.exec(title)![1])).to.deep.equal([
      'no ids',
      'the harness has no down and up',
      'the harness has no silent and up',
      'the harness has no down and up',
      'the harness has no silent and up',
    ]);
  });

  it('names the remedy where there is no test runner', () => {
    expect(() => describeExporter('X', listHarness(ALL), {} as TestRunner))
      .to.throw(TypeError)
      .with.property('message')
      .that.includes("from 'node:test'");
    expect(() => describeQueue('X', {} as never, {} as TestRunner)).to.throw(TypeError);
  });
});
