import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoggerExporter } from '../../exporters/stores/logger/index.js';
import { describeExporter, type ExporterHarness, type Found } from './suites/exporter.js';

const REFUSES_NOTHING = 'a log refuses no report';
const NEVER_SILENT = 'a file system that hangs cannot be had in a test';
const NO_IDS = 'a log does not know what it has: at least once';

let directory = '';
let away = false;
const place = (): string => join(directory, 'logs');
const filename = (): string => join(place(), 'reports.log');

const file: ExporterHarness = {
  start: async () => {
    directory = await mkdtemp(join(tmpdir(), 'kaneda-log-'));
  },
  stop: () => rm(directory, { recursive: true }),
  clear: async () => {
    await rm(place(), { recursive: true, force: true });
    await (await import('node:fs/promises')).mkdir(place());
  },
  make: (options) => new LoggerExporter({ ...options, filename: filename() }),
  stored: async () => {
    const text = await readFile(filename(), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Found);
  },
  down: async () => {
    away = true;
    await rename(place(), `${place()}.away`);
  },
  silent: async () => {},
  up: async () => {
    if (away) await rename(`${place()}.away`, place());
    away = false;
  },
  bad: [],
  skips: {
    redelivery: NO_IDS,
    silent: NEVER_SILENT,
    'close at the deadline': NEVER_SILENT,
    'partial rejection': REFUSES_NOTHING,
  },
};

describeExporter('LoggerExporter with a file', file);

let logged: Found[] = [];
let broken = false;
const logger = {
  info(object: object): void {
    if (broken) throw new Error('the logger is broken');
    logged.push(object as Found);
  },
};

describeExporter('LoggerExporter with a logger', {
  clear: async () => {
    logged = [];
  },
  make: (options) => new LoggerExporter({ ...options, logger }),
  stored: async () => logged,
  down: async () => {
    broken = true;
  },
  silent: async () => {},
  up: async () => {
    broken = false;
  },
  bad: [],
  skips: {
    redelivery: NO_IDS,
    silent: 'info() is synchronous',
    'close at the deadline': 'info() is synchronous',
    'partial rejection': REFUSES_NOTHING,
  },
});
