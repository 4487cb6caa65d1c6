import { expect } from 'chai';
import { commonWords, firstWords } from '../../../../exporters/diagnostics/first-words.js';

describe('The first words of an answer', () => {
  it('are on one line and without markup, or the message in JSON', () => {
    expect(firstWords('<html><style>p{}</style><h1>Not\n Found</h1></html>')).to.equal('Not Found');
    expect(firstWords('{"code":5,"message":"no such path"}')).to.equal('no such path');
    expect(firstWords({ error: 'Gone', status: 410 })).to.equal('Gone');
    expect(firstWords({ ok: false })).to.equal('{"ok":false}');
    expect(firstWords('{ not JSON')).to.equal('{ not JSON');
    expect(firstWords(undefined)).to.equal('');
  });

  it('never show a part of a secret, wherever they end', () => {
    const secret = 'planted-1234-secret';
    for (let before = 90; before <= 130; before++) {
      const text = `${'x '.repeat(before / 2)}${secret} and more of it, so that it has to end`;
      for (const words of [
        firstWords(text),
        firstWords(text, [secret]),
        commonWords(text, [secret]),
      ])
        expect(words.replaceAll(secret, '')).to.not.include('plant');
      expect(firstWords(text, [secret])).to.not.include(secret);
    }
    expect(commonWords(`key "a" of ${secret}`, [secret])).to.equal('key … of ***');
    expect(firstWords('y'.repeat(200))).to.equal('…');
  });
});
