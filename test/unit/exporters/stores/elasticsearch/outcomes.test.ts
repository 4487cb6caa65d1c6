import { expect } from 'chai';
import {
  classifyFailure,
  classifyItem,
  describeBlock,
} from '../../../../../exporters/stores/elasticsearch/outcomes.js';

/** An error as Elastic's client throws it after Elasticsearch's own answer, or after none. */
const failed = (name: string, status?: number, type?: string, headers = PRODUCT) =>
  Object.assign(new Error(status === undefined ? 'socket' : 'planted-document'), {
    name,
    statusCode: status,
    headers: status === undefined ? undefined : headers,
    body: type === undefined ? undefined : { error: { type, reason: 'planted-document' }, status },
  });

const PRODUCT: Record<string, string> = { 'x-elastic-product': 'Elasticsearch' };

/** An error after the answer of something before Elasticsearch. */
const proxied = (statusCode: number, body: unknown) =>
  Object.assign(new Error(String(body)), { name: 'ResponseError', statusCode, headers: {}, body });

describe('Elasticsearch outcomes', () => {
  for (const [status, outcome] of [
    [200, 'stored'],
    [201, 'stored'],
    [409, 'stored'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
    [401, 'blocked'],
    [403, 'blocked'],
  ] as const) {
    it(`of an item with ${status}: ${outcome}`, () =>
      expect(classifyItem({ status })).to.equal(outcome));
  }

  for (const status of [400, 404, 405, 413]) {
    it(`of an item with ${status}: rejected for good, by the type of the error alone`, () => {
      const item = {
        status,
        error: { type: 'document_parsing_exception', reason: 'failed to parse planted-document' },
      };
      expect(classifyItem(item)).to.deep.equal({
        rejected: `document_parsing_exception (${status})`,
      });
    });
  }

  for (const [status, type] of [
    [403, 'cluster_block_exception'],
    [400, 'index_closed_exception'],
    [400, 'validation_exception'],
  ] as const) {
    it(`of an item that its index refuses with ${type}: waits, but for the index of a past day it is rejected`, () => {
      expect(classifyItem({ status, error: { type } })).to.equal('blocked');
      expect(classifyItem({ status, error: { type } }, true)).to.deep.equal({
        rejected: `${type} (${status})`,
      });
      expect(describeBlock({ status, error: { type } }, 'app-1')).to.include({
        code: 'KANEDA_IMPROPERLY_CONFIGURED',
      });
    });
  }

  it('of an item without rights: waits, on whatever day', () => {
    expect(classifyItem({ status: 403, error: { type: 'security_exception' } }, true)).to.equal(
      'blocked',
    );
    expect(
      describeBlock({ status: 403, error: { type: 'security_exception' } }, 'app-1').message,
    ).to.include('create_doc');
  });

  for (const [name, status, code] of [
    ['ConnectionError', undefined, undefined],
    ['TimeoutError', undefined, undefined],
    ['NoLivingConnectionsError', undefined, undefined],
    ['RequestAbortedError', undefined, undefined],
    ['DeserializationError', undefined, undefined],
    ['ResponseError', 408, undefined],
    ['ResponseError', 429, undefined],
    ['ResponseError', 500, undefined],
    ['ResponseError', 502, undefined],
    ['ResponseError', 503, undefined],
    ['ResponseError', 504, undefined],
    ['ResponseError', 405, 'KANEDA_IMPROPERLY_CONFIGURED'],
    ['ResponseError', 401, 'KANEDA_IMPROPERLY_CONFIGURED'],
    ['ResponseError', 403, 'KANEDA_IMPROPERLY_CONFIGURED'],
    ['ResponseError', 406, 'KANEDA_IMPROPERLY_CONFIGURED'],
    ['ProductNotSupportedError', 200, 'KANEDA_IMPROPERLY_CONFIGURED'],
    ['ConfigurationError', undefined, 'KANEDA_IMPROPERLY_CONFIGURED'],
    ['SerializationError', undefined, 'KANEDA_REJECTED'],
    ['ResponseError', 400, 'KANEDA_REJECTED'],
    ['ResponseError', 404, 'KANEDA_IMPROPERLY_CONFIGURED'],
  ] as const) {
    it(`of a request that failed with ${name} ${status ?? ''}: ${code ?? 'tried again'}`, () => {
      const failure = classifyFailure(failed(name, status, 'some_exception'), 1_000_000);
      expect((failure as { code?: string }).code).to.equal(code);
    });
  }

  for (const status of [400, 406]) {
    it(`of a client that is newer than the server, which answers ${status}: waits, and names the client to install`, () => {
      const connection = { headers: { 'x-elastic-client-meta': 'es=9.4.3,js=20.20.2,t=9.3.8' } };
      const error = Object.assign(failed('ResponseError', status, 'media_type_header_exception'), {
        meta: { meta: { connection } },
      });
      const failure = classifyFailure(error, 1_000_000);
      expect(failure).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect(failure.message).to.include('npm install @elastic/elasticsearch@8');
    });
  }

  for (const status of [400, 401, 402, 403, 404, 405, 406, 409, 410, 414, 415, 421, 431, 451]) {
    for (const body of [
      'default backend - 404',
      '<html><head><style>x</style><title>Oh</title></head></html>',
      '',
      { message: 'no Route matched with those values' },
      { statusCode: status, error: 'Not Found', message: 'Not Found' },
      { error: { message: 'no such thing' }, status },
    ]) {
      it(`of a proxy's ${status} ${JSON.stringify(body)}: waits`, () => {
        const failure = classifyFailure(proxied(status, body), 1_000_000);
        expect(failure).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
        expect(failure.message).to.include(`${status}`).and.to.include('not Elasticsearch');
      });
    }
  }

  it('of a proxy that takes the header away: are those of the JSON that Elasticsearch wrote', () => {
    const error = failed('ResponseError', 400, 'action_request_validation_exception', {});
    expect(classifyFailure(error, 1_000_000)).to.have.property('code', 'KANEDA_REJECTED');
  });

  it('of a 413: the batch is halved, unless the request is smaller than any limit', () => {
    for (const error of [failed('ResponseError', 413), proxied(413, '<h1>413</h1>')])
      expect(classifyFailure(error, 65_536)).to.have.property('code', 'KANEDA_TOO_LARGE');
    expect(classifyFailure(proxied(413, '<h1>413</h1>'), 65_535)).to.have.property(
      'code',
      'KANEDA_IMPROPERLY_CONFIGURED',
    );
  });

  for (const [name, message, parts] of [
    [
      'ConnectionError',
      'connect ECONNREFUSED 127.0.0.1:9200',
      ['ECONNREFUSED', 'start the server'],
    ],
    ['ConnectionError', 'getaddrinfo ENOTFOUND es.invalid', ['ENOTFOUND es.invalid', 'host']],
    [
      'ConnectionError',
      'other side closed - Remote: 127.0.0.1:6379',
      ['ended the connection', 'port'],
    ],
    ['TypeError', 'undici is not a function', ['undici is not a function']],
    ['TimeoutError', 'Request timed out', ['Request timed out']],
  ] as const) {
    it(`of ${name} ${message}: say the address, the cause and what to look at`, () => {
      const connection = { url: 'http://es:9200/' };
      const error = Object.assign(new Error(message), { name, meta: { meta: { connection } } });
      const failure = classifyFailure(error);
      expect(failure).to.not.have.property('code');
      for (const part of ['http://es:9200', ...parts]) expect(failure.message).to.include(part);
    });
  }

  it('keep nothing of the request: messages and bodies hold the documents', () => {
    for (const name of ['ResponseError', 'SerializationError', 'DeserializationError']) {
      for (const status of [400, 401, 413, 500]) {
        const failure = classifyFailure(failed(name, status, 'x'));
        expect(`${failure.stack}${failure.cause}`).to.not.include('planted-document');
      }
    }
  });
});
