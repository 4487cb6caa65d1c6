import {
  AggregationTemporality,
  MeterProvider,
  MetricReader,
  type MetricReaderOptions,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';

class PullReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** A point of a sum, a gauge or a histogram. */
export interface Point {
  attributes: object;
  value: unknown;
}

/** How a reader of an application is set up. */
export interface ReaderSetUp extends Pick<MetricReaderOptions, 'metricProducers'> {
  temporality: 'delta' | 'cumulative';
  /** The reader's limit of series an instrument; default: OpenTelemetry's own. */
  limit?: number;
}

/** An application's own MeterProvider of OpenTelemetry's SDK, whose readers a test asks. */
export class ForeignProvider {
  readonly provider: MeterProvider;
  readonly #readers: MetricReader[];

  constructor(readers: readonly ReaderSetUp[], views: ViewOptions[] = []) {
    this.#readers = readers.map(({ temporality, limit, metricProducers }) => {
      const { DELTA, CUMULATIVE } = AggregationTemporality;
      return new PullReader({
        aggregationTemporalitySelector: () => (temporality === 'delta' ? DELTA : CUMULATIVE),
        ...(limit !== undefined && { cardinalitySelector: () => limit }),
        ...(metricProducers !== undefined && { metricProducers }),
      });
    });
    this.provider = new MeterProvider({ readers: this.#readers, views });
  }

  /** The points of some instruments, by a name of the test's own, that a reader collects now. */
  async all<Key extends string>(
    names: Record<Key, string>,
    reader = 0,
  ): Promise<Record<Key, Point[]>> {
    const { resourceMetrics, errors } = await this.#readers[reader]!.collect();
    expect(errors).to.deep.equal([]);
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    const pointsOf = (name: string): Point[] =>
      metrics
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }) => dataPoints as Point[]);
    return Object.fromEntries(
      Object.entries<string>(names).map(([key, name]) => [key, pointsOf(name)]),
    ) as Record<Key, Point[]>;
  }

  /** The points of an instrument that a reader collects now. */
  async points(name: string, reader = 0): Promise<Point[]> {
    return (await this.all({ one: name }, reader)).one;
  }

  /** The sum over all points of a counter that a reader collects now. */
  async sum(name: string, reader = 0): Promise<number> {
    const points = await this.points(name, reader);
    return points.reduce((sum, { value }) => sum + (value as number), 0);
  }
}
