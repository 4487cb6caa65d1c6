import { expect } from 'chai';
import { addressOf, hostAndPort } from '../../../../exporters/setup/address.js';

describe('the address of a store', () => {
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

  it('brackets an IPv6 host', () => {
    expect(hostAndPort('::1', 28_015)).to.equal('[::1]:28015');
    expect(hostAndPort('[::1]', 1)).to.equal('[::1]:1');
    expect(hostAndPort('localhost', 1)).to.equal('localhost:1');
  });
});
