/** Registers every store and queue, for commands that reach whichever the settings name. */
import '../../exporters/queues/bullmq/index.js';
import '../../exporters/queues/celery/index.js';
import '../../exporters/queues/rq/index.js';
import '../../exporters/stores/elasticsearch/index.js';
import '../../exporters/stores/influxdb/index.js';
import '../../exporters/stores/logger/index.js';
import '../../exporters/stores/mongodb/index.js';
import '../../exporters/stores/otlp/index.js';
import '../../exporters/stores/rethinkdb/index.js';
