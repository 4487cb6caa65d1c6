import { Client as Client9 } from 'elasticsearch-9';
import { indexOf } from '../../../exporters/stores/elasticsearch/documents.js';
import { ElasticsearchExporter } from '../../../exporters/stores/elasticsearch/index.js';
import { RethinkExporter } from '../../../exporters/stores/rethinkdb/index.js';
import { reader } from '../../support/servers/stores/elastic-found.js';
import {
  hostOf,
  missing,
  refused,
  silentAtTls,
  type Target,
  tlsAtPlain,
  unknown,
} from './cells.js';
import { as, PASSWORD, POOR, WRONG } from './servers.js';

const NO_ROLES = 'FerretDB knows no roles';
const NO_RETHINK = 'needs a real RethinkDB; its stand-in is asked in the unit tests';

const elasticsearch: Target = {
  name: 'Elasticsearch',
  settings: (url) => ({
    KANEDA_BACKEND: 'elasticsearch',
    KANEDA_ELASTIC_CONNECTION_URL: url,
    KANEDA_ELASTIC_TIMEOUT: '8',
  }),
  packages: ['@elastic/elasticsearch'],
  cells: {
    'a refused port': refused('http'),
    'an unknown host': unknown('http'),
    'another service at the port': {
      url: ({ redis }) => `http://${hostOf(redis.url)}`,
      says: /Elasticsearch.*another service listens at this port|other side ended the connection/,
    },
    'TLS at a plain port': tlsAtPlain(({ elastic }) => `https://${hostOf(elastic.url)}`),
    'no TLS at a TLS port': {
      url: ({ tls }) => `http://${tls.elastic.host}`,
      says: /that it wants TLS or not as the URL says|it wants https/,
    },
    'a wrong password': {
      url: ({ elastic }) => as(elastic.url, 'elastic', WRONG),
      says: /401.*check user and password, or apiKey/,
    },
    'no password': {
      url: ({ elastic }) => elastic.url,
      says: /401.*check user and password, or apiKey/,
    },
    'a missing right': {
      url: ({ elastic }) => as(elastic.url, 'writer', 'planted-writer'),
      says: /security_exception \(403\).*grant the account `create_doc` and `auto_configure`/,
    },
    'a missing package': missing('http', '@elastic/elasticsearch'),
    'a wrong version': {
      url: ({ elastic }) => elastic.url,
      says: /the client \(version 9\) is newer than the server: install .*@elastic\/elasticsearch@8/,
      address: () => 'the client that was given',
      make: ({ elastic }) =>
        new ElasticsearchExporter({
          client: new Client9({ node: as(elastic.url, 'elastic', PASSWORD) }) as never,
          indexName: 'kaneda',
        }),
    },
    'no room': {
      url: ({ elastic }) => as(elastic.url, 'elastic', PASSWORD),
      says: /validation_exception.*let the cluster have more shards/,
      onlyByWriting: true,
      cause: async ({ elastic }) => {
        const client = reader(as(elastic.url, 'elastic', PASSWORD));
        const limit = (shards: number | null) =>
          client.cluster.putSettings({ persistent: { 'cluster.max_shards_per_node': shards } });
        await client.indices.create({ index: 'filler' });
        await limit(1);
        return async () => {
          await limit(null);
          await client.close();
        };
      },
    },
    'a store that takes no writes': {
      url: ({ elastic }) => as(elastic.url, 'elastic', PASSWORD),
      says: /cluster_block_exception.*lift the block on the index/,
      cause: async ({ elastic }) => {
        const client = reader(as(elastic.url, 'elastic', PASSWORD));
        const index = indexOf('kaneda', new Date());
        await client.indices.create({ index }, { ignore: [400] });
        await client.indices.putSettings({ index, settings: { 'index.blocks.write': true } });
        return async () => {
          await client.indices.delete({ index });
          await client.close();
        };
      },
    },
  },
};

const mongodb: Target = {
  name: 'MongoDB',
  settings: (url) => ({
    KANEDA_BACKEND: 'mongodb',
    KANEDA_MONGO_CONNECTION_URL: url,
    KANEDA_MONGO_TIMEOUT: '4000',
  }),
  packages: ['mongodb'],
  cells: {
    'a refused port': refused('mongodb'),
    'an unknown host': unknown('mongodb'),
    'another service at the port': {
      url: ({ redis }) => `mongodb://${hostOf(redis.url)}/`,
      says: /that the port is this service/,
    },
    'TLS at a plain port': silentAtTls(({ mongo }) => `mongodb://${hostOf(mongo.url)}/?tls=true`),
    'no TLS at a TLS port': {
      url: ({ tls }) => `mongodb://${tls.mongo.host}/`,
      says: /that it wants TLS or not as the URL says/,
    },
    'a wrong password': {
      url: ({ mongo }) => as(mongo.url, 'admin', WRONG),
      says: /MongoDB refuses the credentials.*correct user and password/,
    },
    'no password': {
      url: ({ mongo }) => mongo.url,
      says: /the server requires a sign-in: give user and password/,
    },
    'a missing right': NO_ROLES,
    'a missing package': missing('mongodb', 'mongodb'),
    'a wrong version': 'the driver takes FerretDB, and no older server is to be had',
    'no room': 'FerretDB has no bound but the disk',
    'a store that takes no writes': 'FerretDB has no read-only mode',
  },
};

const rethinkSettings = (url: string) => ({
  KANEDA_BACKEND: 'rethinkdb',
  KANEDA_RETHINK_HOST: new URL(url).hostname,
  KANEDA_RETHINK_PORT: new URL(url).port,
  KANEDA_RETHINK_TIMEOUT: '4',
});
const rethinkdb: Target = {
  name: 'RethinkDB',
  settings: rethinkSettings,
  packages: ['rethinkdb'],
  cells: {
    'a refused port': refused('rethinkdb'),
    'an unknown host': unknown('rethinkdb'),
    'another service at the port': {
      url: ({ redis }) => `rethinkdb://${hostOf(redis.url)}`,
      says: /that the port is this service/,
    },
    'TLS at a plain port': {
      url: ({ redis }) => `rethinkdb://${hostOf(redis.url)}`,
      says: /that the port is this service, and that it wants TLS or not as the URL says/,
      make: ({ redis }) => {
        const { hostname: host, port } = new URL(redis.url);
        return new RethinkExporter({ host, port: Number(port), tls: true, timeout: 2 });
      },
    },
    'no TLS at a TLS port': {
      url: ({ tls }) => `rethinkdb://${tls.redis.host}`,
      says: /that the port is this service, and that it wants TLS or not as the URL says/,
    },
    'a wrong password': NO_RETHINK,
    'no password': NO_RETHINK,
    'a missing right': NO_RETHINK,
    'a missing package': missing('rethinkdb', 'rethinkdb'),
    'a wrong version': NO_RETHINK,
    'no room': NO_RETHINK,
    'a store that takes no writes': NO_RETHINK,
  },
};

const account = (url: string, user: string, password: string): string =>
  as(url, user, password).replace('http:', 'influxdb:');
const influxdb: Target = {
  name: 'InfluxDB',
  settings: (url) => ({
    KANEDA_BACKEND: 'influxdb',
    KANEDA_INFLUX_CONNECTION_URL: url,
    KANEDA_INFLUX_TIMEOUT: '8',
  }),
  packages: [],
  cells: {
    'a refused port': refused('http'),
    'an unknown host': unknown('http'),
    'another service at the port': {
      url: ({ redis }) => `http://${hostOf(redis.url)}`,
      says: /another service listens at this port|check that the port is this service/,
    },
    'TLS at a plain port': tlsAtPlain(({ influx }) => `https://${hostOf(influx.url)}`),
    'no TLS at a TLS port': {
      url: ({ tls }) => `http://${tls.influx.host}`,
      says: /that it wants TLS or not as the URL says/,
    },
    'a wrong password': {
      url: ({ influx }) => account(influx.url, 'admin', WRONG),
      says: /InfluxDB refuses the credentials.*correct username and password/,
    },
    'no password': {
      url: ({ influx }) => influx.url,
      says: /InfluxDB refuses the credentials.*correct username and password/,
    },
    'a missing right': {
      url: ({ influx }) => account(influx.url, 'poor', POOR),
      says: /InfluxDB refuses the write.*an administrator runs GRANT WRITE ON "kaneda" TO "poor"/,
    },
    'a missing package': 'it needs none',
    'a wrong version': {
      url: ({ influx }) => influx.url,
      says: /answers 404 to \/api\/v2\/write.*for InfluxDB 1 pass connectionUrl instead/,
      settings: (url) => ({
        KANEDA_BACKEND: 'influxdb',
        KANEDA_INFLUX_URL: url,
        KANEDA_INFLUX_TOKEN: 'some-token',
        KANEDA_INFLUX_ORG: 'some-org',
        KANEDA_INFLUX_TIMEOUT: '8',
      }),
    },
    'no room': 'the server has no bound but the disk',
    'a store that takes no writes': 'InfluxDB 1 has no read-only mode',
  },
};

const logger: Target = {
  name: 'a log file',
  settings: (url) => ({ KANEDA_BACKEND: 'logger', KANEDA_LOGGER_FILENAME: url }),
  packages: [],
  cells: {
    'a refused port': 'it has no address on a network',
    'an unknown host': 'it has no address on a network',
    'another service at the port': {
      url: () => '/tmp',
      address: (file) => file,
      says: /cannot write \/tmp: it is a directory: name a file/,
    },
    'TLS at a plain port': 'it has no address on a network',
    'no TLS at a TLS port': 'it has no address on a network',
    'a wrong password': 'it has none',
    'no password': 'it has none',
    'a missing right': 'root, as which these tests may run, has every right',
    'a missing package': 'it needs none',
    'a wrong version': 'it has none',
    'no room': {
      url: () => '/dev/full',
      address: (file) => file,
      says: /cannot write \/dev\/full: no space is left on its disk: free some space/,
      onlyByWriting: true,
    },
    'a store that takes no writes': {
      url: () => '/sys/kaneda.log',
      address: (file) => file,
      says: /cannot write \/sys\/kaneda\.log: (its file system is read-only: choose another place|no permission to write it: grant write access to this user)/,
      // The system lets root have every permission.
      onlyByWriting: process.getuid?.() === 0,
    },
  },
};

const otlp: Target = {
  name: 'OTLP',
  settings: (url) => ({ KANEDA_BACKEND: 'otlp', KANEDA_OTLP_URL: url }),
  packages: ['@opentelemetry/otlp-exporter-base', '@opentelemetry/otlp-transformer'],
  cells: {
    'a refused port': refused('http'),
    'an unknown host': unknown('http'),
    'another service at the port': {
      url: ({ collector }) => `http://${collector.grpc}`,
      says: /this looks like gRPC: use the collector's HTTP port, 4318/,
    },
    'TLS at a plain port': tlsAtPlain(({ collector }) => `https://${hostOf(collector.url)}`),
    'no TLS at a TLS port': {
      url: ({ tls }) => `http://${tls.collector.host}`,
      says: /that it wants TLS or not as the URL says/,
    },
    'a wrong password':
      'the Collector here has no sign-in; a gateway that has one is asked in otlp-foreign.test.ts',
    'no password': 'as above',
    'a missing right': 'as above',
    'a missing package': missing('http', '@opentelemetry/otlp-exporter-base'),
    'a wrong version': {
      url: ({ influx }) => influx.url,
      says: /answers 404.*check url/,
    },
    'no room': 'the Collector has no bound that can be set from outside',
    'a store that takes no writes': 'the Collector has no such mode',
  },
};

export const STORES: readonly Target[] = [
  elasticsearch,
  mongodb,
  rethinkdb,
  influxdb,
  logger,
  otlp,
];
