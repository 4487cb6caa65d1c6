import { inspect } from 'node:util';
import { Client, HttpConnection } from '@elastic/elasticsearch';
import { Client as OpenSearchClient } from '@opensearch-project/opensearch';
import { expect } from 'chai';
import { Client as Client9 } from 'elasticsearch-9';
import { clientOptions } from '../../../../../exporters/stores/elasticsearch/client.js';
import {
  ElasticsearchExporter,
  type ElasticsearchOptions,
} from '../../../../../exporters/stores/elasticsearch/index.js';
import { nodesOf } from '../../../../../exporters/stores/elasticsearch/options.js';

const faultsOf = (options: object): string[] => {
  try {
    new ElasticsearchExporter(options as ElasticsearchOptions);
    return [];
  } catch (error) {
    expect(error).to.have.property('code', 'KANEDA_SETTINGS');
    return (error as { faults: { path: string }[] }).faults.map(({ path }) => path).sort();
  }
};

describe("ElasticsearchExporter's options", () => {
  it('are refused all at once', () => {
    const options = {
      indexName: 'Upper',
      host: 3,
      prot: 1,
      timeout: 0,
      user: 'u',
      apiKey: 'k',
      caFingerprint: 'ab',
      batchSize: 0.5,
    };
    expect(faultsOf(options)).to.deep.equal([
      'apiKey',
      'batchSize',
      'host',
      'indexName',
      'password',
      'prot',
      'timeout',
    ]);
    expect(faultsOf({})).to.deep.equal(['indexName']);
    expect(
      faultsOf({ indexName: 'a', client: { bulk() {} }, connectionUrl: 'x', port: 1 }),
    ).to.deep.equal(['connectionUrl', 'port', 'port']);
    expect(faultsOf({ indexName: 'a', host: 'http://h', caFingerprint: 'ab' })).to.deep.equal([
      'caFingerprint',
    ]);
    expect(faultsOf({ indexName: 'a', host: ['h', 'ftp://x'] })).to.deep.equal(['host']);
  });

  it('never show a secret in an error', () => {
    try {
      new ElasticsearchExporter({
        indexName: 'A',
        connectionUrl: 'ftp://u:planted@h',
        password: 'planted',
        apiKey: 'planted',
      });
      expect.fail('no error');
    } catch (error) {
      expect(inspect(error)).to.not.include('planted');
    }
  });

  for (const name of ['-a', '_a', '.a', 'a b', 'a*', 'a,b', 'a:b', 'Ä', '', 'é'.repeat(123)]) {
    it(`refuse the index name ${JSON.stringify(name.slice(0, 8))}`, () =>
      expect(faultsOf({ indexName: name })).to.deep.equal(['indexName']));
  }

  for (const [options, expected] of [
    [{}, ['http://localhost:9200/']],
    [{ host: 'es', port: 9201 }, ['http://es:9201/']],
    [
      { host: ['a', 'https://b', 'c:80', '[::1]'] },
      ['http://a:9200/', 'https://b/', 'http://c/', 'http://[::1]:9200/'],
    ],
    [{ host: '::1' }, ['http://[::1]:9200/']],
    [
      { host: ['2001:db8::7', '[::1]:80'], port: 9201 },
      ['http://[2001:db8::7]:9201/', 'http://[::1]/'],
    ],
    [{ connectionUrl: 'https://es/prefix' }, ['https://es/prefix']],
    [{ connectionUrl: ['http://a', 'http://b:80'] }, ['http://a:9200/', 'http://b/']],
  ] as const) {
    it(`lead to ${expected.join(' ')}`, () => {
      const urls = nodesOf({ indexName: 'a', ...options } as ElasticsearchOptions).map(
        ({ href }) => href,
      );
      expect(urls).to.deep.equal(expected);
    });
  }

  it("refuse OpenSearch's client and one of Elastic's of before version 8, and take a current one", () => {
    const node = 'http://localhost:9200';
    const openSearch = new OpenSearchClient({ node });
    const dated = { bulk() {}, indices: {}, openPointInTime() {} };
    expect(faultsOf({ indexName: 'a', client: openSearch })).to.deep.equal(['client']);
    expect(faultsOf({ indexName: 'a', client: dated })).to.deep.equal(['client']);
    for (const client of [new Client({ node }), new Client9({ node }), { bulk() {} }])
      expect(faultsOf({ indexName: 'a', client })).to.deep.equal([]);
    expect(
      () => new ElasticsearchExporter({ indexName: 'a', client: openSearch as never }),
    ).to.throw(/OtlpExporter/);
  });

  it('give each address its own credentials, and keep them out of the address', () => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    const connectionUrl = ['http://u:p%40ss@a', 'https://b'];
    const { nodes } = clientOptions(
      { indexName: 'a', connectionUrl, user: 'v', password: 'q' },
      1_000,
    );
    const found = (nodes as { url: URL; headers: { authorization: string } }[]).map(
      ({ url, headers }) => [url.href, headers.authorization],
    );
    expect(found).to.deep.equal([
      ['http://a:9200/', basic('u:p@ss')],
      ['https://b/', basic('v:q')],
    ]);
    for (const [apiKey, sent] of [
      ['ZW5j', 'ApiKey ZW5j'],
      ['id:key', `ApiKey ${Buffer.from('id:key').toString('base64')}`],
    ] as const) {
      const [node] = clientOptions({ indexName: 'a', apiKey }, 1_000).nodes as {
        headers: object;
      }[];
      expect(node!.headers).to.deep.equal({ authorization: sent });
    }
  });

  it('leave an agent of undici, and times of TLS, out where another connection is given', () => {
    const options = { indexName: 'a', connectionUrl: 'https://a', caFingerprint: 'f' };
    const given = clientOptions(options, 1_000, HttpConnection);
    expect(given).to.include({ Connection: HttpConnection, caFingerprint: 'f' });
    expect(given).to.not.have.any.keys('agent', 'tls');
    expect(clientOptions(options, 1_000)).to.have.all.keys(
      ...['nodes', 'requestTimeout', 'agent', 'tls', 'caFingerprint'],
    );
  });
});
