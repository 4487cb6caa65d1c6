import { expect } from 'chai';
import { keysOf, TopKeys } from '../../../../../src/cli/top/keys.js';

describe('the keys of kaneda top', () => {
  const extent = { lines: 100, rows: 20 };
  let keys: TopKeys;
  beforeEach(() => {
    keys = new TopKeys({ filter: '', sum: false });
  });
  const press = (text: string, within = extent) =>
    keysOf(text).map((key) => keys.press(key, within));

  it('are told apart in what a terminal sends at a time', () => {
    expect(keysOf('\u001b[Aq\u001b[6~\u001bOBü\u001b')).to.deep.equal([
      '\u001b[A',
      'q',
      '\u001b[6~',
      '\u001bOB',
      'ü',
      '\u001b',
    ]);
  });

  it('scroll by lines and pages, to both ends, and not beyond', () => {
    const offsetAfter = (text: string) => {
      press(text);
      return keys.offset;
    };
    expect(offsetAfter('\u001b[B\u001bOBj')).to.equal(3);
    expect(offsetAfter('\u001b[Ak')).to.equal(1);
    expect(offsetAfter('\u001b[6~')).to.equal(21);
    expect(offsetAfter('\u001b[5~\u001b[5~')).to.equal(0);
    expect(offsetAfter('\u001b[F')).to.equal(80);
    expect(offsetAfter('\u001b[6~j')).to.equal(80);
    expect(offsetAfter('\u001b[1~')).to.equal(0);
    expect(offsetAfter('Gg')).to.equal(0);
  });

  it('stay with the lines that are left', () => {
    press('G');
    expect(keys.within({ lines: 30, rows: 20 })).to.equal(10);
    expect(keys.within({ lines: 5, rows: 20 })).to.equal(0);
  });

  it('type a filter, in which q and s are letters', () => {
    press('jjj/qs');
    expect(keys).to.include({ filter: 'qs', typing: true, sum: false, offset: 0 });
    press('x\u007fé\r');
    expect(keys).to.include({ filter: 'qsé', typing: false });
    press('\u001b');
    expect(keys.filter).to.equal('');
    press('/abc\u001b');
    expect(keys).to.include({ filter: '', typing: false });
  });

  it('add processes up, end, and leave other keys alone', () => {
    press('s');
    expect(keys.sum).to.equal(true);
    press('s');
    expect(keys.sum).to.equal(false);
    expect(press('x\u001b[15~')).to.deep.equal(['nothing', 'nothing']);
    expect(press('q')).to.deep.equal(['end']);
    expect(press('/\u0003')).to.deep.equal(['redraw', 'end']);
  });
});
