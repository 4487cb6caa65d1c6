import { expect } from 'chai';
import { urlOf, withDatabase } from '../../../../exporters/queues/broker-options.js';

describe("a broker's URL", () => {
  const rule = urlOf('redis', 'rediss', 'amqp');

  for (const url of [
    'redis://h',
    'redis://h:1/',
    'redis://h:1//',
    'REDIS://h:1/15',
    'rediss://u:p%40%2F%23@h:1/3?family=6',
    'redis://[::1]:6379/0',
    'amqp://u:p@h/any%2Fhost',
  ]) {
    it(`may be ${url}`, () => expect(rule(url)).to.equal(undefined));
  }

  for (const path of ['/mydb', '//3', '///', '/3/', '/-1', '/1.5', '/99999999999', '?db=x']) {
    it(`names a database of Redis by its number: not ${path}`, () => {
      expect(rule(`redis://:secret@h:1${path}`))
        .to.match(/^must name the database by its number.*redis:\/\/host:port\/<number>$/)
        .and.not.include('secret');
    });
  }

  for (const password of ['se/cret', 'se#cret', 'se?cret', '1/2', '1#2', '1?2', '100%']) {
    it(`has its password percent-encoded: not ${password}`, () => {
      expect(rule(`redis://u:${password}@h:6379/0`))
        .to.match(/percent-encode/)
        .and.not.include(password);
    });
  }

  for (const url of ['http://h', 'redis', '', 5, 'redis:h']) {
    it(`begins with a scheme of its broker: not ${url}`, () => {
      expect(rule(url)).to.equal('must be a URL that begins with redis:// or rediss:// or amqp://');
    });
  }

  it('may spell database 0 as Celery does', () => {
    expect(withDatabase('redis://:a%2Fb@h:1//')).to.equal('redis://:a%2Fb@h:1/');
    expect(withDatabase('rediss://h:1/3')).to.equal('rediss://h:1/3');
  });
});
