import { getHeapSpaceStatistics } from 'node:v8';
import type { Source, Target } from './source.js';

const bytes = (description: string): { unit: string; description: string } => ({
  unit: 'By',
  description,
});

/**
 * The memory of the process, and of V8's heap by space. Source:
 * https://opentelemetry.io/docs/specs/semconv/runtime/v8js-metrics/ and
 * …/semconv/system/process-metrics/; `nodejs.memory.*` are ours: there are no names for what Node
 * keeps outside of the heap.
 */
export class Memory implements Source {
  readonly descriptions = {
    'process.memory.usage': bytes('Physical memory in use.'),
    'nodejs.memory.external': bytes('Memory of C++ objects bound to JavaScript objects.'),
    'nodejs.memory.array_buffers': bytes('Memory of ArrayBuffers and Buffers.'),
    'v8js.memory.heap.used': bytes('Heap memory used, by space.'),
    'v8js.memory.heap.space.size': bytes('Heap memory allocated, by space.'),
    'v8js.memory.heap.space.available_size': bytes('Heap memory available, by space.'),
    'v8js.memory.heap.space.physical_size': bytes('Heap memory committed, by space.'),
  };

  start(): void {}

  sample(metrics: Target): void {
    const { rss, external, arrayBuffers } = process.memoryUsage();
    metrics.gauge('process.memory.usage', rss);
    metrics.gauge('nodejs.memory.external', external);
    metrics.gauge('nodejs.memory.array_buffers', arrayBuffers);
    for (const space of getHeapSpaceStatistics()) {
      const tags = { 'v8js.heap.space.name': space.space_name };
      metrics.gauge('v8js.memory.heap.used', space.space_used_size, tags);
      metrics.gauge('v8js.memory.heap.space.size', space.space_size, tags);
      metrics.gauge('v8js.memory.heap.space.available_size', space.space_available_size, tags);
      metrics.gauge('v8js.memory.heap.space.physical_size', space.physical_space_size, tags);
    }
  }

  stop(): void {}
}
