import { formatDimensions } from '../../../bridges/cells/meta-format.js';
import { nameOf } from '../text/cells.js';
import type { ShownMetric } from '../top/sampler.js';
import type { TrackerData } from './protocol.js';

/** The metrics of a request tracker, whose group and other dimensions are the same. */
const PARTS = ['requests', 'total_duration', 'errors', 'in_progress'] as const;
type Part = (typeof PARTS)[number];

/** Finds request trackers among a process's metrics; `rest`: the metrics that belong to none. */
export function trackersOf(metrics: readonly ShownMetric[]): {
  trackers: TrackerData[];
  rest: ShownMetric[];
} {
  const groups = new Map<string, Map<Part, ShownMetric>>();
  for (const one of metrics) {
    const { metric, ...others } = one.dimensions;
    if (others.group === undefined || !isPart(metric)) continue;
    const key = formatDimensions(others);
    groups.set(key, (groups.get(key) ?? new Map()).set(metric, one));
  }
  const whole = [...groups.values()].filter((parts) => parts.size === PARTS.length);
  const taken = new Set(whole.flatMap((parts) => [...parts.values()]));
  return {
    trackers: whole.map(trackerData),
    rest: metrics.filter((metric) => !taken.has(metric)),
  };
}

const isPart = (metric: string | undefined): metric is Part =>
  PARTS.some((part) => part === metric);

function trackerData(parts: ReadonlyMap<Part, ShownMetric>): TrackerData {
  const requests = parts.get('requests')!;
  const rate = requests.rate;
  const errors = parts.get('errors')!.rate;
  const spent = parts.get('total_duration')!.rate;
  const { metric: _, ...others } = requests.dimensions;
  return {
    name: nameOf(others),
    inProgress: String(parts.get('in_progress')!.value),
    ...(rate !== undefined && { requests: rate }),
    ...(errors !== undefined && { errors }),
    ...(rate && spent !== undefined && { mean: spent / rate }),
  };
}
