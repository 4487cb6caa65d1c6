import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { forApplication } from '../../../../src/settings/build.js';
import { loadSettings } from '../../../../src/settings/settings.js';
import { NEEDED, SETTINGS, type Setting } from '../../../../src/settings/table.js';

const page = readFileSync(new URL('../../../../docs/settings.md', import.meta.url), 'utf8');
const [, table = ''] = /<!-- settings: .*? -->(.*?)<!-- \/settings -->/s.exec(page) ?? [];
/** The cells of each row below the table's head. */
const rows = table
  .trim()
  .split('\n')
  .slice(2)
  .map((row) => row.slice(2, -2).split(' | '));

/** The page words a default that depends on other settings or on the process. */
const hasPlainDefault = ({ default: value }: Setting): boolean =>
  value !== undefined && typeof value !== 'function';

describe('the settings reference page', () => {
  it('lists every setting, in the order of the code', () => {
    expect(rows.map(([name]) => name)).to.deep.equal(
      Object.keys(SETTINGS).map((name) => `\`${name}\``),
    );
  });

  for (const [name = '', shownDefault = '', type = '', meaning = ''] of rows) {
    it(`states the default of ${name}, whether it is secret, and its meaning`, () => {
      const setting = SETTINGS[name.replaceAll('`', '')]!;
      const plain = hasPlainDefault(setting);
      if (plain) expect(shownDefault).to.equal(`\`${JSON.stringify(setting.default)}\``);
      else expect(shownDefault).to.not.match(/^(`[^`]*`)?$/);
      expect(type.endsWith('; secret'), type).to.equal(setting.secret === true);
      expect(meaning).to.match(/^[A-Z].*\.$|^influxdb:/);
    });
  }

  it('names only settings as needed', () => {
    for (const name of Object.values(NEEDED).flat()) expect(SETTINGS).to.have.property(name);
  });

  it('begins with a file and a variable that make a store', async () => {
    const [, file] = /^```js\n(.*?)^```/ms.exec(page)!;
    const [, name, value] = /^KANEDA_(\w+)=(\S+) node/m.exec(page)!;
    const cwd = mkdtempSync(join(tmpdir(), 'kaneda-settings-'));
    try {
      writeFileSync(join(cwd, 'kanedasettings.mjs'), file!);
      const settings = loadSettings({ cwd, env: { [`KANEDA_${name}`]: value } });
      const { backend } = forApplication(settings);
      expect(backend?.target).to.equal('http://es1:9200, http://es2:9200');
      await backend?.shutdown();
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});
