import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { INTERNALS } from '../../../../exporters/delivery/internals.js';
import type { ReportExporter } from '../../../../exporters/report-exporter.js';
import {
  addressOf,
  hostAndPort,
  hostForSocket,
  hostInUrl,
} from '../../../../exporters/setup/address.js';
import { ElasticsearchExporter } from '../../../../exporters/stores/elasticsearch/index.js';
import { InfluxExporter } from '../../../../exporters/stores/influxdb/index.js';
import { MongoExporter } from '../../../../exporters/stores/mongodb/index.js';
import { RethinkExporter } from '../../../../exporters/stores/rethinkdb/index.js';

describe('The address of a store', () => {
  for (const [url, shown] of [
    ['http://127.0.0.1:9200/', 'http://127.0.0.1:9200'],
    ['https://elastic:pa%2Fss@es.example:9243/base/', 'https://es.example:9243/base'],
    ['redis://:hunter2@host:6379/3?password=x', 'redis://host:6379/3'],
    ['amqp://a:b@c:d@host:5672/%2F', 'amqp://host:5672/%2F'],
    ['mongodb://u:p@a:27017,b:27018/db?authMechanism=x', 'mongodb://a:27017,b:27018/db'],
    ['mongodb+srv://u:p@cluster.example/', 'mongodb+srv://cluster.example'],
  ] as const) {
    it(`shows ${shown} of a URL with user, password and parameters`, () => {
      expect(addressOf(url)).to.equal(shown);
    });
  }

  it('has an IPv6 host in brackets in a URL, and without them for a socket', () => {
    for (const [host, inUrl, forSocket] of [
      ['::1', '[::1]', '::1'],
      ['[::1]', '[::1]', '::1'],
      ['2001:db8::7', '[2001:db8::7]', '2001:db8::7'],
      ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
      ['db.example.com', 'db.example.com', 'db.example.com'],
    ] as const) {
      expect(hostInUrl(host)).to.equal(inUrl);
      expect(hostForSocket(host)).to.equal(forSocket);
      expect(hostAndPort(host, 1)).to.equal(`${inUrl}:1`);
    }
  });

  const stores: [string, (at: { host: string; port: number }) => ReportExporter][] = [
    ['Elasticsearch', (at) => new ElasticsearchExporter({ indexName: 'a', timeout: 5, ...at })],
    ['MongoDB', (at) => new MongoExporter({ timeout: 2_000, ...at })],
    ['RethinkDB', (at) => new RethinkExporter(at)],
    ['InfluxDB', (at) => new InfluxExporter(at)],
  ];
  for (const [store, make] of stores) {
    for (const host of ['::1', '[::1]']) {
      it(`may be ${host} for ${store}`, async function () {
        let connected: (() => void) | undefined;
        const connection = new Promise<void>((resolve) => {
          connected = resolve;
        });
        const server = createServer((socket: Socket) => {
          connected!();
          socket.destroy();
        });
        const listening = await new Promise<boolean>((resolve) => {
          server.once('error', () => resolve(false));
          server.listen(0, '::1', () => resolve(true));
        });
        // A machine without IPv6 cannot prove it.
        if (!listening) return this.skip();
        const exporter = make({ host, port: (server.address() as AddressInfo).port });
        exporter[INTERNALS].accept([
          { id: 'i', name: 'a', metric: 'gauge', value: 1, timestamp: new Date(), host: 'h' },
        ]);
        await connection;
        await exporter.shutdown({ timeout: 50 });
        server.close();
      });
    }
  }
});
