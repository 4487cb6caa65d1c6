import { deflateSync, inflateSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import * as bullmq from '../../../../exporters/queues/bullmq/message.js';
import {
  headersText,
  messageOf,
  readMessage,
  shortHeadersOf,
  type Taken,
  taskMessage,
} from '../../../../exporters/queues/celery/message.js';
import { envelopeOf, openEnvelope } from '../../../../exporters/queues/celery/redis/envelope.js';
import {
  decodeWholeReport,
  fromKanedaArguments,
  toKanedaArguments,
  wholeReportText,
} from '../../../../exporters/queues/jobs/kaneda-call.js';
import { writeJson } from '../../../../exporters/queues/jobs/python-json.js';
import { jobOf, readJob, sharedFields } from '../../../../exporters/queues/rq/message.js';
import { readPickle } from '../../../../exporters/queues/rq/pickle-reader.js';
import { writePickle } from '../../../../exporters/queues/rq/pickle-writer.js';
import { Float } from '../../../../exporters/reports/python-repr.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { fitFields, fitTags, fitValue } from '../../../../exporters/reports/value-policy.js';
import { BAD_MESSAGES, largeMessage } from '../../../conformance/suites/bad-jobs.js';
import { celeryItem, golden, rqHash } from './golden.js';
import { report } from './reports.js';

const TASK = 'kaneda.tasks.rq.report';
const fieldsOf = (fields: readonly string[]): Record<string, string> =>
  Object.fromEntries(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]!]] : [])));

/** Reports as they can be when the base hands them over. */
const anyReport: fc.Arbitrary<Report> = fc
  .record(
    {
      id: fc.uuid(),
      name: fc.string({ minLength: 1, unit: 'grapheme' }),
      metric: fc.constantFrom('gauge', 'counter', 'timing', 'event', 'order'),
      value: fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
        fc.string({ unit: 'grapheme' }),
        fc.boolean(),
        fc.bigInt(),
      ),
      tags: fc.oneof(
        fc.array(fc.string()),
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
      ),
      timestamp: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      startTimestamp: fc.date({
        min: new Date(0),
        max: new Date('2100-01-01'),
        noInvalidDate: true,
      }),
      host: fc.string({ minLength: 1 }),
      appName: fc.string({ minLength: 1 }),
    },
    { requiredKeys: ['id', 'name', 'metric', 'value', 'timestamp', 'host'] },
  )
  .map((made) => ({
    ...made,
    value: fitValue(made.value),
    ...(made.tags === undefined ? {} : { tags: fitTags(made.tags) }),
  })) as fc.Arbitrary<Report>;

/** What counts is the content: a safe bigint arrives as a number, a list of tags sorted, a dictionary of fast-check has no prototype. */
const content = (value: unknown) => JSON.parse(wholeReportText(value as Report));

describe("RQ's jobs", () => {
  for (const name of ['rq-1.13.0-pickle', 'rq-2.10.0-pickle', 'rq-1.13.0-json', 'rq-2.10.0-json']) {
    it(`reads what ${name.replaceAll('-', ' ')} enqueued`, () => {
      const { id, field } = rqHash(name);
      const { host, ...read } = readJob({
        id,
        data: field('data'),
        report: null,
        createdAt: field('created_at').toString(),
      });
      expect(read).to.deep.equal({
        id,
        name: 'hits',
        metric: 'gauge',
        value: 1.5,
        tags: ['a', 'b'],
        timestamp: new Date(
          field('created_at')
            .toString()
            .replace(/\d{3}Z$/, 'Z'),
        ),
      });
      expect(host).to.be.a('string');
    });
  }

  it("writes Python's JSON byte for byte", () => {
    const written = writeJson([TASK, null, ['hits', 'gauge', 1.5, ['a', 'b'], null], {}]);
    for (const name of ['rq-1.13.0-json', 'rq-2.10.0-json']) {
      expect(written).to.equal(inflateSync(rqHash(name).field('data')).toString());
    }
  });

  it('has the fields, and their forms, without which a Python worker quits', () => {
    const job = jobOf(report(), 'pickle');
    expect(fieldsOf(sharedFields('kaneda', new Date('2026-11-22T04:33:34.755Z')))).to.deep.equal({
      timeout: '180',
      origin: 'kaneda',
      status: 'queued',
      created_at: '2026-11-22T04:33:34.755000Z',
      enqueued_at: '2026-11-22T04:33:34.755000Z',
      result_ttl: '0',
      failure_ttl: '604800',
    });
    expect(job.id).to.match(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(job.description).to.equal(`${TASK}('hits', 'gauge', 1.5, ['a', 'b'], '${report().id}')`);
    expect(readPickle(job.data as Buffer)).to.deep.equal([
      TASK,
      null,
      ['hits', 'gauge', 1.5, ['a', 'b'], report().id],
      {},
    ]);
    expect(JSON.parse(job.report)).to.deep.equal(JSON.parse(JSON.stringify(report())));
  });

  for (const serializer of ['pickle', 'json'] as const) {
    it(`brings a report back whole (${serializer})`, () => {
      fc.assert(
        fc.property(anyReport, (sent) => {
          const { id, data, report: carried } = jobOf(sent, serializer);
          const taken = {
            id,
            data: Buffer.from(data),
            report: carried,
            createdAt: null,
          };
          expect(content(readJob(taken))).to.deep.equal(content(sent));
        }),
      );
    });
  }

  const job = (data: Buffer, carried: string | null = null) =>
    readJob({ id: 'x', data, report: carried, createdAt: null });
  const good = Buffer.from(golden['node-pickle-protocol2'].hex, 'hex');
  const call = (...call: unknown[]) => Buffer.from(writeJson(call));
  const args = ['hits', 'gauge', 1, null, null];
  const hostile: Record<string, [Buffer, string]> = {
    'an unknown task': [call('os.system', null, ['true'], {}), 'unknown task "os.system"'],
    'a method of an object': [call(TASK, 'self', args, {}), 'method'],
    'four arguments': [call(TASK, null, args.slice(1), {}), 'takes 5 arguments, not 4'],
    'six arguments': [call(TASK, null, [...args, 1], {}), 'takes 5 arguments, not 6'],
    'keyword arguments': [call(TASK, null, args, { name: 'x' }), 'keyword'],
    'no list of arguments': [call(TASK, null, { 0: 'hits' }, {}), 'not a list'],
    'what is not a call': [call(1, 2), 'not a call'],
    'a name that is a number': [call(TASK, null, [1, 'gauge', 1, null, null], {}), 'name'],
    'an empty name': [call(TASK, null, ['', 'gauge', 1, null, null], {}), 'name'],
    'an id that is a number': [call(TASK, null, ['hits', 'gauge', 1, null, 5], {}), 'id'],
    'tags that are a text': [call(TASK, null, ['hits', 'gauge', 1, 'a', null], {}), 'tags'],
    'a value that is infinite': [
      writePickle([TASK, null, ['hits', 'gauge', Number.POSITIVE_INFINITY, null, null], {}]),
      'not finite',
    ],
    'a zip bomb': [deflateSync(Buffer.alloc(200 * 1024 * 1024, 0x20)), 'too large'],
    'data that does not decompress': [
      Buffer.concat([deflateSync(good).subarray(0, 20), Buffer.of(1)]),
      'broken',
    ],
    '100 MB': [Buffer.alloc(100 * 1024 * 1024, 0x20), 'too large'],
    'random bytes': [Buffer.of(1, 2, 3, 4), 'JSON'],
    nothing: [Buffer.alloc(0), 'JSON'],
  };
  for (const [name, [data, reason]] of Object.entries(hostile)) {
    it(`refuses ${name}`, () => {
      expect(() => job(data))
        .to.throw(reason)
        .with.property('code', 'KANEDA_MESSAGE');
    });
  }

  it('reads a whole report without the call beside it', () => {
    const carried = wholeReportText(report());
    for (const data of [null, Buffer.from('no call')])
      expect(readJob({ id: 'x', data, report: carried, createdAt: null })).to.deep.equal(report());
  });

  it('has no report without a call and a whole report', () => {
    expect(() => readJob({ id: 'x', data: null, report: null, createdAt: null })).to.throw(
      'the job has no data',
    );
  });

  it('has the id of the job as its bytes are, in UTF-8', () => {
    const id = Buffer.from('jób').toString('latin1');
    const data = call(TASK, null, args, {});
    expect(readJob({ id, data, report: null, createdAt: null }).id).to.equal('jób');
  });

  it('refuses a kaneda_report that is not a report', () => {
    for (const text of [
      '',
      '[]',
      '{}',
      '{"id":1}',
      JSON.stringify({ ...report(), timestamp: 'x' }),
      JSON.stringify({ ...report(), host: 1 }),
    ]) {
      expect(() => job(good, text))
        .to.throw()
        .with.property('code', 'KANEDA_MESSAGE');
    }
  });
});

describe("Celery's messages", () => {
  it('are written byte for byte as Celery 5.6 writes them', () => {
    const item = JSON.parse(celeryItem('celery-5.6.2-redis'));
    const message = taskMessage(
      ['hits', 'gauge', 1.5, ['a', 'b'], null],
      item.headers.id,
      item.headers.origin,
    );
    const { delivery_tag: tag, reply_to: replyTo } = item.properties;
    expect(envelopeOf(message, 'kaneda', tag, replyTo)).to.equal(celeryItem('celery-5.6.2-redis'));
  });

  for (const name of ['celery-5.2.6-redis', 'celery-5.6.2-redis']) {
    it(`reads what ${name} enqueued`, () => {
      const item = JSON.parse(celeryItem(name));
      const { host, timestamp, ...read } = readMessage(openEnvelope(item));
      expect(read).to.deep.equal({
        id: item.headers.id,
        name: 'hits',
        metric: 'gauge',
        value: 1.5,
        tags: ['a', 'b'],
      });
      expect(timestamp.getTime()).to.be.closeTo(Date.now(), 60_000);
      expect(host).to.be.a('string');
    });
  }

  it('leaves out on AMQP those headers alone that say nothing', () => {
    const message = messageOf(report({}));
    const silent = new Set(['null', '[null,null]', '{}', 'false']);
    const entries = Object.entries(JSON.parse(headersText(message)) as Record<string, unknown>);
    const telling = entries.filter(
      ([name, value]) => !silent.has(JSON.stringify(value)) && name !== 'replaced_task_nesting',
    );
    expect(shortHeadersOf(message)).to.deep.equal(Object.fromEntries(telling));
  });

  it('brings a report back whole', () => {
    fc.assert(
      fc.property(anyReport, (sent) => {
        const envelope = JSON.parse(envelopeOf(messageOf(sent), 'celery'));
        expect(content(readMessage(openEnvelope(envelope)))).to.deep.equal(content(sent));
      }),
    );
  });

  it('leaves out the whole report when it is over 32 KB', () => {
    const sent = report({ metric: 'event', value: 'é'.repeat(20_000) });
    const message = messageOf(sent);
    expect(shortHeadersOf(message)).not.to.have.property('kaneda_report');
    expect(JSON.parse(headersText(message))).not.to.have.property('kaneda_report');
    const back = readMessage(openEnvelope(JSON.parse(envelopeOf(message, 'celery'))));
    expect(back).to.include({ id: sent.id, value: sent.value });
  });

  const taken = (changes: Partial<Taken> & { call?: unknown }): Taken => ({
    headers: { task: 'kaneda.tasks.celery.report', id: 'x' },
    contentType: 'application/json',
    body: Buffer.from(
      JSON.stringify('call' in changes ? changes.call : [['hits', 'gauge', 1, null, null], {}, {}]),
    ),
    ...changes,
  });

  it('reads protocol 1, a plain body and what kombu tags', () => {
    const call = {
      task: 'kaneda.tasks.celery.report',
      id: 'one',
      args: ['hits', 'gauge', 1, null, null],
      kwargs: {},
    };
    expect(readMessage(taken({ headers: {}, call }))).to.include({
      id: 'one',
      name: 'hits',
      value: 1,
    });
    const tagged = {
      at: { __type__: 'datetime', __value__: '2026-01-01T00:00:00' },
      price: { __type__: 'decimal', __value__: '1.5' },
    };
    expect(
      readMessage(taken({ call: [['order', 'custom', tagged, null, null], {}, null] })).fields,
    ).to.deep.equal({
      at: '2026-01-01T00:00:00',
      price: '1.5',
    });
    const plain = { body: '[]', properties: {}, headers: {}, 'content-type': 'application/json' };
    expect(openEnvelope(plain).body.toString()).to.equal('[]');
  });

  it('reads a compressed body', () => {
    const headers = {
      task: 'kaneda.tasks.celery.report',
      id: 'x',
      compression: 'application/x-gzip',
    };
    expect(readMessage(taken({ headers, body: deflateSync(taken({}).body) }))).to.include({
      name: 'hits',
    });
  });

  it('stops to decompress a body at its limit, and refuses that message', () => {
    const headers = {
      task: 'kaneda.tasks.celery.report',
      id: 'x',
      compression: 'application/x-gzip',
    };
    const bomb = taken({ headers, body: deflateSync(Buffer.alloc(200 * 1024 * 1024, 0x20)) });
    expect(() => readMessage(bomb))
      .to.throw(/too large: over \d+ bytes decompressed/)
      .with.property('code', 'KANEDA_MESSAGE');
  });

  const bad = {
    ...BAD_MESSAGES,
    'no headers': () => taken({ headers: null }),
    '100 MB': () => largeMessage(100),
  };
  for (const [name, make] of Object.entries(bad)) {
    it(`refuses ${name}`, () => {
      const message = make();
      expect(() => readMessage(message))
        .to.throw()
        .with.property('code', 'KANEDA_MESSAGE');
    });
  }

  it('reads a whole report beside protocol 1, which has the task in the body', () => {
    const headers = { kaneda_report: wholeReportText(report()) };
    const call = (task: string) =>
      Buffer.from(JSON.stringify({ id: 'x', task, args: ['hits', 'gauge', 1, null, null] }));
    const read = (task: string) =>
      readMessage({ headers, contentType: 'application/json', body: call(task) });
    expect(read('kaneda.tasks.celery.report')).to.deep.equal(report());
    expect(() => read('os.system')).to.throw('unknown task "os.system"');
  });

  it('refuses what is not an envelope', () => {
    const item = JSON.parse(celeryItem('celery-5.6.2-redis'));
    for (const bad of [
      5,
      null,
      [],
      {},
      { ...item, body: undefined },
      { ...item, properties: undefined },
      { ...item, body: '*' },
    ]) {
      expect(() => readMessage(openEnvelope(bad)))
        .to.throw()
        .with.property('code', 'KANEDA_MESSAGE');
    }
  });

  it('reads a whole report without the call beside it', () => {
    const headers = {
      task: 'kaneda.tasks.celery.report',
      id: 'x',
      kaneda_report: wholeReportText(report()),
    };
    const envelope = {
      body: '*',
      headers,
      'content-type': 'application/json',
      properties: { body_encoding: 'base64' },
    };
    expect(readMessage(openEnvelope(envelope))).to.deep.equal(report());
    for (const wrong of [{ task: 'os.system' }, { task: null }, { id: '' }, { id: 5 }])
      expect(() =>
        readMessage(openEnvelope({ ...envelope, headers: { ...headers, ...wrong } })),
      ).to.throw(/unknown task|has no id/);
  });
});

describe('arguments', () => {
  it('mark the numbers of a timing as floats, its count not', () => {
    expect(toKanedaArguments(report({ metric: 'timing', value: 2 }))[2]).to.deep.equal(
      new Float(2),
    );
    const { value, ...rest } = report({ metric: 'timing' });
    expect(toKanedaArguments({ ...rest, fields: { count: 3, sum: 6, mean: 2 } })[2]).to.deep.equal({
      count: 3,
      sum: new Float(6),
      mean: new Float(2),
    });
    expect(toKanedaArguments(report({ metric: 'counter', value: 2 }))[2]).to.equal(2);
  });

  it("unpack a dict as Kaneda's stores do, and keep the id", () => {
    const read = fromKanedaArguments(['order', 'purchase', { total: 5 }, null, 'order-7'], {
      id: 'job',
      time: new Date(0),
    });
    expect(read).to.deep.include({ id: 'order-7', fields: { total: 5 }, timestamp: new Date(0) });
    expect(read).not.to.have.property('value');
    expect(read).not.to.have.property('tags');
  });

  it('carry a bigint beside them exactly', () => {
    const sent = report({ metric: 'order', value: 2n ** 70n });
    expect(decodeWholeReport(JSON.parse(wholeReportText(sent)))).to.deep.equal(sent);
    const { value, ...rest } = sent;
    const nested = { ...rest, fields: { deep: [{ n: -(2n ** 70n) }] } };
    expect(decodeWholeReport(JSON.parse(wholeReportText(nested)))).to.deep.equal(nested);
  });
});

/** As an application records them: dates, bigints and what looks like one of our tags, at any depth. */
const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.date({ noInvalidDate: true }),
    fc.bigInt(),
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    fc.record({
      __type__: fc.oneof(fc.constantFrom('datetime', 'bigint', 'dict', 'uuid'), tie('value')),
      __value__: fc.oneof(fc.constantFrom('1970-01-01T00:00:00.000Z', '5', 'x'), tie('value')),
    }),
  ),
})).value;

const anyRich = fc.oneof(
  anyValue.map((value) =>
    report({ metric: 'order', value: fitValue(value) as NonNullable<Report['value']> }),
  ),
  fc.record({ __type__: anyValue, __value__: anyValue }).map((fields) => richly(fields)),
  fc.dictionary(fc.string(), anyValue).map((fields) => richly(fields)),
);

function richly(fields: Record<string, unknown>): Report {
  const { value, ...rest } = report({ metric: 'order' });
  return { ...rest, fields: fitFields(fields) };
}

/** What Python may get of a value: nothing but what its JSON and its pickle of plain data have. */
function asText(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item)]));
}

describe('dates, bigints and what looks like a tag', () => {
  const viaRq = (serializer: 'pickle' | 'json') => (sent: Report) => {
    const { id, data, report: carried } = jobOf(sent, serializer);
    return readJob({ id, data: Buffer.from(data), report: carried, createdAt: null });
  };
  const ways: Record<string, (sent: Report) => Report> = {
    "RQ's pickles": viaRq('pickle'),
    "RQ's JSON": viaRq('json'),
    'Celery on Redis': (sent) =>
      readMessage(openEnvelope(JSON.parse(envelopeOf(messageOf(sent), 'celery')))),
    'Celery on RabbitMQ': (sent) => {
      const message = messageOf(sent);
      const headers = shortHeadersOf(message);
      return readMessage({
        headers,
        contentType: 'application/json',
        body: Buffer.from(message.body),
      });
    },
    BullMQ: (sent) => {
      const { name, data } = bullmq.jobOf(sent);
      return bullmq.readJob(name, JSON.parse(JSON.stringify(data)));
    },
  };
  for (const [name, sendAndTake] of Object.entries(ways)) {
    it(`come back whole through ${name}`, () => {
      fc.assert(
        fc.property(anyRich, (sent) => {
          expect(sendAndTake(sent)).to.deep.equal(sent);
        }),
      );
    });
  }

  it("reach Python's task as text, pickled or JSON", () => {
    fc.assert(
      fc.property(anyValue.map(fitValue), (value) => {
        const sent = report({ metric: 'order', value: { price: 3, value } });
        const call = [
          TASK,
          null,
          ['hits', 'order', { price: 3, value: asText(value) }, ['a', 'b'], sent.id],
          {},
        ];
        expect(readPickle(jobOf(sent, 'pickle').data as Buffer)).to.deep.equal(call);
        expect(jobOf(sent, 'json').data).to.equal(writeJson(call));
      }),
    );
  });

  it('show as text where people look at a job', () => {
    const sent = report({ metric: 'sale', value: { price: 3, at: new Date(0) } });
    expect(jobOf(sent, 'pickle').description).to.include(
      "{'price': 3, 'at': '1970-01-01T00:00:00.000Z'}",
    );
    expect(messageOf(sent).argsrepr).to.include("{'price': 3, 'at': '1970-01-01T00:00:00.000Z'}");
  });

  it('arrive as nothing when they are no date at all', () => {
    const sent = report({ metric: 'sale', value: { at: new Date(Number.NaN) } });
    for (const sendAndTake of Object.values(ways))
      expect(sendAndTake(sent).value).to.deep.equal({ at: null });
    expect(toKanedaArguments(sent)[2]).to.deep.equal({ at: null });
  });

  it('are read of messages in which dates and such objects went as they are', () => {
    const carried = {
      ...report({ metric: 'sale' }),
      value: {
        text: '1970-01-01T00:00:00.000Z',
        big: { __type__: 'bigint', __value__: '9007199254740993' },
        own: { __type__: 'decimal', __value__: '1.5' },
        none: { __type__: 'datetime', __value__: '2026-13-01T00:00:00.000Z' },
        more: { __type__: 'datetime', __value__: '1970-01-01T00:00:00.000Z', x: 1 },
      },
    };
    const read = decodeWholeReport(JSON.parse(JSON.stringify(carried)));
    expect(read.value).to.deep.equal({ ...carried.value, big: 9007199254740993n });
  });
});
