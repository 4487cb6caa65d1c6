/** What each entry point gives as values, by the documentation; each one in package.json must be listed here. */
export const NAMES: Readonly<Record<string, readonly string[]>> = {
  '.': [
    'Metrics',
    'metrics',
    'loadSettings',
    'SettingsError',
    'ImproperlyConfiguredError',
    'DeadlineError',
    'CellFileError',
  ],
  './cantal': [
    ...[
      'Counter',
      'Integer',
      'Float',
      'State',
      'RequestTracker',
      'Fork',
      'Branch',
      'Collection',
      'ActiveCollection',
    ],
    ...['DuplicateValueError', 'DuplicateValueException', 'start'],
  ],
  './exporters': ['ReportExporter', 'toReports'],
  './exporters/elasticsearch': ['ElasticsearchExporter'],
  './exporters/mongodb': ['MongoExporter'],
  './exporters/rethinkdb': ['RethinkExporter'],
  './exporters/influxdb': ['InfluxExporter'],
  './exporters/logger': ['LoggerExporter'],
  './exporters/otlp': ['OtlpExporter'],
  './queues': ['ReportQueue', 'Worker'],
  './queues/bullmq': ['BullMQQueue'],
  './queues/celery': ['CeleryQueue'],
  './queues/rq': ['RQQueue'],
  './bridges': [
    'observeCells',
    'CellProducer',
    'HeapCells',
    'MappedCells',
    'readProcess',
    'observeProcesses',
    'CellFileError',
  ],
  './testing': ['InMemoryExporter', 'fakeMetrics', 'describeExporter', 'describeQueue'],
  './reading': ['readReports', 'summarize', 'mergeDistributions', 'percentileOf'],
  './integrations/express': ['httpMetrics', 'trackRequests', 'trackServer'],
  './integrations/fastify': ['httpMetrics', 'trackRequests', 'trackServer'],
  './integrations/nest': ['httpMetrics', 'trackRequests', 'trackServer'],
  './integrations/hono': ['httpMetrics', 'trackRequests', 'trackServer'],
  './integrations/koa': ['httpMetrics', 'trackRequests', 'trackServer'],
  './integrations/http': ['httpMetrics', 'trackRequests', 'trackServer', 'trackConnections'],
};

/** Types that a TypeScript user names. */
export const TYPES: Readonly<Record<string, readonly string[]>> = {
  '.': ['CellStore', 'Ledger', 'Report', 'Tags', 'Timed'],
  './exporters': ['ExporterOptions', 'Outcome', 'Report'],
  './queues': ['Delivery'],
  './bridges': ['CellStore', 'ProcessCells'],
  './testing': ['ExporterHarness', 'FakeMetrics', 'QueueHarness', 'TestRunner'],
  './reading': ['Distribution', 'ReadOptions', 'Report', 'Summary', 'SummaryOptions'],
};

/** What may be loaded along with an entry point besides the package itself; for the others, nothing of the optional peers. */
export const LOADED_BY_ROOT: readonly string[] = ['@opentelemetry/api'];
