import { expect } from 'chai';
import {
  failureOf,
  obstacleOf,
  outcomeOf,
} from '../../../../../exporters/stores/elasticsearch/outcomes.js';

const failed = (name: string, statusCode?: number, type?: string) =>
  Object.assign(new Error('planted-document'), {
    name,
    statusCode,
    body: type === undefined ? undefined : { error: { type, reason: 'planted-document' } },
  });

describe('Elasticsearch outcomes', () => {
  for (const [status, outcome] of [
    [200, 'stored'],
    [201, 'stored'],
    [409, 'stored'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
    [401, 'obstructed'],
    [403, 'obstructed'],
  ] as const) {
    it(`of an item with ${status}: ${outcome}`, () =>
      expect(outcomeOf({ status })).to.equal(outcome));
  }

  for (const status of [400, 404, 405, 413]) {
    it(`of an item with ${status}: rejected for good, by the type of the error alone`, () => {
      const item = {
        status,
        error: { type: 'document_parsing_exception', reason: 'failed to parse planted-document' },
      };
      expect(outcomeOf(item)).to.deep.equal({ rejected: `document_parsing_exception (${status})` });
    });
  }

  for (const [status, type] of [
    [403, 'cluster_block_exception'],
    [400, 'index_closed_exception'],
    [400, 'validation_exception'],
  ] as const) {
    it(`of an item that its index refuses with ${type}: waits, but for the index of a past day it is rejected`, () => {
      expect(outcomeOf({ status, error: { type } })).to.equal('obstructed');
      expect(outcomeOf({ status, error: { type } }, true)).to.deep.equal({
        rejected: `${type} (${status})`,
      });
      expect(obstacleOf({ status, error: { type } }, 'app-1')).to.include({
        code: 'KANEDA_IMPROPERLY_CONFIGURED',
      });
    });
  }

  it('of an item without rights: waits, on whatever day', () => {
    expect(outcomeOf({ status: 403, error: { type: 'security_exception' } }, true)).to.equal(
      'obstructed',
    );
    expect(
      obstacleOf({ status: 403, error: { type: 'security_exception' } }, 'app-1').message,
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
    ['ResponseError', 413, 'KANEDA_TOO_LARGE'],
    ['ResponseError', 401, 'KANEDA_IMPROPERLY_CONFIGURED'],
    ['ResponseError', 403, 'KANEDA_IMPROPERLY_CONFIGURED'],
    ['ResponseError', 406, 'KANEDA_IMPROPERLY_CONFIGURED'],
    ['ProductNotSupportedError', 200, 'KANEDA_IMPROPERLY_CONFIGURED'],
    ['ConfigurationError', undefined, 'KANEDA_IMPROPERLY_CONFIGURED'],
    ['SerializationError', undefined, 'KANEDA_REJECTED'],
    ['ResponseError', 400, 'KANEDA_REJECTED'],
    ['ResponseError', 404, 'KANEDA_REJECTED'],
  ] as const) {
    it(`of a request that failed with ${name} ${status ?? ''}: ${code ?? 'tried again'}`, () => {
      const failure = failureOf(failed(name, status, 'some_exception'));
      expect((failure as { code?: string }).code).to.equal(code);
    });
  }

  it('keep nothing of the request: messages and bodies hold the documents', () => {
    for (const name of ['ResponseError', 'SerializationError', 'DeserializationError']) {
      for (const status of [400, 401, 413, 500]) {
        const failure = failureOf(failed(name, status, 'x'));
        expect(`${failure.stack}${failure.cause}`).to.not.include('planted-document');
      }
    }
  });
});
