import { expect } from 'chai';
import {
  cleanError,
  secretsOf,
  withoutSecrets,
} from '../../../../exporters/diagnostics/secrets.js';

describe('secrets', () => {
  for (const password of [
    'hunter2/sEcr',
    'hunter2#sEcr',
    'hunter2?sEcr',
    '12345/sEcr',
    'a@hunter2/sEcr',
    'hunter2://sEcr',
  ]) {
    const url = `redis://user:${password}@127.0.0.1:6379/0`;

    it(`are found in a URL with the password ${password}, whole and in parts`, () => {
      const error = new Error(
        `getaddrinfo ENOTFOUND ${password.split(/[/?#]/)[0]}, ${password}, path ${password.split(/[/?#]/).at(-1)}`,
      );
      expect(cleanError(error, secretsOf(url)).message).to.not.match(/hunter2|sEcr/);
    });

    it(`are masked in a text with the password ${password}`, () => {
      expect(withoutSecrets(`cannot reach ${url}, again in 5 s`)).to.equal(
        'cannot reach redis://***@127.0.0.1:6379/0, again in 5 s',
      );
    });
  }

  it('are the password alone in a proper URL, as it stands there and decoded', () => {
    expect(
      secretsOf('mongodb://u:p%40q@h/', undefined, 'no url', 'http://h/', 'http://h/a@b'),
    ).to.have.members(['p%40q', 'p@q']);
  });

  it('are masked in query parameters', () => {
    const text =
      'GET http://h:8086/write?db=k&u=root&p=hunter2 and /x?token=t0k&password=p4ss&api_key=k3y#top';
    expect(withoutSecrets(text)).to.equal(
      'GET http://h:8086/write?db=k&u=***&p=*** and /x?token=***&password=***&api_key=***#top',
    );
    expect(
      secretsOf('http://h/?db=k&u=root&p=hunter2&token=t%20k&tlsCertificateKeyFilePassword=c'),
    ).to.have.members(['hunter2', 't%20k', 't k', 'c']);
  });

  it('leave alone what holds none', () => {
    for (const text of [
      'at run (file:///app/node_modules/@scope/name/index.js:1:2)',
      'see https://host/path?db=kaneda&q=1 or write to somebody@example.org',
      'npm install influx@5',
    ])
      expect(withoutSecrets(text)).to.equal(text);
    expect(withoutSecrets('file:///app/@a,redis://u:hunter2@h')).to.equal(
      'file:///app/@a,redis://***@h',
    );
  });

  it('are looked for in little time, however long the text', () => {
    const before = performance.now();
    withoutSecrets(`${'http://h/?a'.repeat(100_000)}`);
    withoutSecrets(`${'file:///a'.repeat(100_000)}@${'?token'.repeat(100_000)}`);
    expect(performance.now() - before).to.be.below(5_000);
  });
});
