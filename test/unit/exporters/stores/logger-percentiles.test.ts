import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoggerExporter } from '../../../../exporters/stores/logger/index.js';
import { provePercentiles } from '../../../support/percentiles.js';

describe('Percentiles from a log file', () => {
  it('are within 2 % over four processes and sixty intervals', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kaneda-percentiles-'));
    const filename = join(directory, 'metrics.log');
    try {
      await provePercentiles(() => new LoggerExporter({ filename, fsync: 'none' }), 500_000);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
