import { expect } from 'chai';
import * as influx from 'influx';
import { SettingsError } from '../../../../../exporters/errors.js';
import { endpointOf } from '../../../../../exporters/stores/influxdb/endpoint.js';
import {
  InfluxExporter,
  type InfluxExporterOptions,
} from '../../../../../exporters/stores/influxdb/index.js';

const basic = (text: string) => `Basic ${btoa(text)}`;

import { MongoExporter } from '../../../../../exporters/stores/mongodb/index.js';
import { RethinkExporter } from '../../../../../exporters/stores/rethinkdb/index.js';

describe('InfluxExporter options', () => {
  it("read Kaneda's URLs, credentials and database in them", () => {
    const { connection, query } = endpointOf({
      connectionUrl: 'influxdb://us%40er:pa%2Fss@db:9999/metrics',
      database: 'kaneda',
    });
    expect(connection.url.href).to.equal('http://db:9999/');
    expect(connection.authorization).to.equal(basic('us@er:pa/ss'));
    expect(query).to.deep.equal({ db: 'metrics', precision: 'ns' });
    expect(endpointOf({ connectionUrl: 'influxdb://db' }).connection.url.href).to.equal(
      'http://db:8086/',
    );
    expect(endpointOf({ connectionUrl: 'https+influxdb://db/x' }).connection.url.href).to.equal(
      'https://db:8086/',
    );
    expect(endpointOf({ connectionUrl: 'influxdb://one:1,two:2/x' }).connection.url.href).to.equal(
      'http://one:1/',
    );
    expect(endpointOf({ connectionUrl: 'https://db' }).connection.url.href).to.equal('https://db/');
  });

  it('take host and port, user and password, TLS', () => {
    const { connection, query } = endpointOf({
      host: '::1',
      username: 'u',
      password: 'p',
      tls: true,
      database: 'd',
      retentionPolicy: 'week',
    });
    expect(connection.url.href).to.equal('https://[::1]:8086/');
    expect(connection.authorization).to.equal(basic('u:p'));
    expect(query).to.deep.equal({ db: 'd', precision: 'ns', rp: 'week' });
  });

  it("take a client's connection data", () => {
    const client = new influx.InfluxDB({
      host: 'db',
      port: 1234,
      username: 'u',
      password: 'p',
      database: 'own',
    });
    const { connection, query, secrets } = endpointOf({ client });
    expect(connection.url.href).to.equal('http://db:1234/');
    expect(query.db).to.equal('own');
    expect(connection.authorization).to.equal(basic('u:p'));
    expect(secrets).to.include('p');
  });

  it('mean InfluxDB 2 with an organisation, 3 without', () => {
    const two = endpointOf({ url: 'https://cloud/base', token: 't', org: 'o', bucket: 'b' });
    expect([two.path, two.connection.authorization]).to.deep.equal(['/api/v2/write', 'Token t']);
    expect(two.query).to.deep.equal({ org: 'o', bucket: 'b', precision: 'ns' });
    const three = endpointOf({ url: 'https://cloud', token: 't', database: 'd' });
    expect([three.path, three.connection.authorization]).to.deep.equal([
      '/api/v3/write_lp',
      'Bearer t',
    ]);
    expect(three.query).to.deep.equal({ db: 'd', precision: 'nanosecond', accept_partial: 'true' });
  });

  it('say all faults at once, and no value', () => {
    const options = {
      connectionUrl: 'udp+influxdb://u:hidden@h',
      port: 0,
      token: '',
      integerFields: 'x',
      passwrod: 'hidden',
      client: {},
    };
    expect(() => new InfluxExporter(options as never))
      .to.throw(SettingsError)
      .that.satisfies(({ faults, message }: SettingsError) => {
        expect(new Set(faults.map(({ path }) => path))).to.have.keys(Object.keys(options));
        expect(message).to.include('did you mean password?').and.not.include('hidden');
        return true;
      });
  });

  it('take a host without scheme, port and path, in every store that has a port beside it', () => {
    for (const Store of [InfluxExporter, MongoExporter, RethinkExporter]) {
      for (const host of ['http://h', 'h:8086', 'h/path', 'user@h', 'h?x', 'a b', 'http://::1'])
        expect(() => new Store({ host }), `${Store.name} ${host}`)
          .to.throw(SettingsError)
          .with.property('faults')
          .that.has.property('0')
          .with.property('path', 'host');
      for (const host of ['h', '10.0.0.1', '::1', '[::1]', 'ü.example'])
        expect(() => new Store({ host }), `${Store.name} ${host}`).to.not.throw();
    }
    expect(() => new InfluxExporter({ host: 'fe80::1%eth0' })).to.throw(SettingsError);
  });

  it('say which of them exclude each other, or do nothing', () => {
    const faultsOf = (options: InfluxExporterOptions): Record<string, string> => {
      try {
        new InfluxExporter(options);
        return {};
      } catch (error) {
        return Object.fromEntries(
          (error as SettingsError).faults.map(({ path, reason }) => [path, reason]),
        );
      }
    };
    expect(
      faultsOf({ url: 'http://h', database: 'd', token: 't', host: 'x', password: 'p' }),
    ).to.deep.equal({
      host: 'excludes url',
      password: 'is for InfluxDB 1',
    });
    expect(faultsOf({ host: 'h', token: 't', bucket: 'b' })).to.deep.equal({
      token: 'is for InfluxDB 2 and 3',
      bucket: 'is for InfluxDB 2 and 3',
    });
    expect(
      faultsOf({ connectionUrl: 'influxdb://h', port: 1, username: 'u', password: 'p' }),
    ).to.deep.equal({
      port: 'goes with host',
    });
  });
});
