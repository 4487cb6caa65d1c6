import { connect } from 'node:net';
import { expect } from 'chai';
import { explain } from '../../../../exporters/diagnostics/explain.js';
import { ImproperlyConfiguredError } from '../../../../exporters/errors.js';

const failure = (code: string, message = '') => Object.assign(new Error(message), { code });
const shown = (error: unknown) => explain(error) as Error & { remedy?: string; code?: string };

describe("a connection's failure", () => {
  it('is shown with what the system says and what to do, however a client hides it', () => {
    const refused = failure('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:9200');
    for (const thrown of [
      refused,
      new Error('Elasticsearch: ConnectionError', { cause: refused }),
      new Error('Elasticsearch: ConnectionError', { cause: new Error(refused.message) }),
      new AggregateError([refused, failure('ECONNREFUSED', 'connect ECONNREFUSED ::1:9200')], ''),
    ]) {
      const { message, remedy, code, cause } = shown(thrown);
      expect(message).to.include('connect ECONNREFUSED 127.0.0.1:9200: nothing listens there');
      expect(remedy).to.include('start the server');
      expect(code).to.equal('ECONNREFUSED');
      expect(cause).to.equal(thrown);
    }
  });

  it('to a host of several addresses is shown, though Node gives it no words', async () => {
    const thrown = await new Promise((resolve) =>
      connect({ host: 'localhost', port: 1, autoSelectFamily: true }).on('error', resolve),
    );
    expect(shown(thrown).message).to.match(/ECONNREFUSED (::1|127\.0\.0\.1):1: nothing listens/);
  });

  for (const [code, remedy] of [
    ['ENOTFOUND', "correct the host's name"],
    ['EAI_AGAIN', 'name server'],
    ['ETIMEDOUT', 'connectTimeout'],
    ['ECONNRESET', 'wants TLS or not'],
    ['Frame size 1345270062 exceeds maxFrameSize 67108864', "not RabbitMQ's: another service"],
    ['ReqlDriverError: HTTP/1.1 400 Bad Request', "not RethinkDB's: another service"],
    ['no answer within 10000 ms', 'the server does not answer or is slow'],
    ['HPE_INVALID_CONSTANT', 'another service listens at this port'],
    ['EHOSTUNREACH', 'the network'],
    ['EROFS', 'read-only'],
    ['ENOSPC', 'free some space'],
  ] as const) {
    it(`has a remedy for ${code}`, () => {
      expect(shown(failure(code, `x ${code}`)).message).to.include(remedy);
    });
  }

  // As mongodb, amqplib and Elastic's client say it; ioredis and rethinkdb for the last one.
  for (const words of [
    'Client must be connected before running operations',
    'Connection closed (by client)',
    'There are no living connections',
    'Connection is closed.',
  ]) {
    it(`of a client that the application has closed says so: ${words}`, () => {
      const { message, remedy } = shown(new Error(words));
      expect(message).to.include(words).and.to.include('application');
      expect(remedy).to.include('close what records through it first');
    });
  }

  it('that is explained already, or is none, stays as it is', () => {
    const known = new ImproperlyConfiguredError('explained', { cause: failure('ECONNREFUSED') });
    const ring = new Error('a');
    ring.cause = ring;
    const remedied = Object.assign(failure('ENOSPC', 'no space'), { remedy: 'free some space' });
    for (const error of [known, remedied, ring, undefined, 'text', new Error('a: 503')])
      expect(explain(error)).to.equal(error);
  });
});
