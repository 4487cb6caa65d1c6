import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { NEEDED, SETTINGS } from '../../../../src/settings/table.js';

const page = new URL('../../../../docs/settings.md', import.meta.url);
const START =
  '<!-- settings: written by `UPDATE_DOCS=1 npx mocha test/unit/src/settings/reference.test.ts` -->';
const END = '<!-- /settings -->';

const cell = (value: unknown): string =>
  value === undefined ? '–' : `\`${JSON.stringify(value)}\``;
const table = (): string =>
  [
    '| name | default | value | meaning |',
    '| --- | --- | --- | --- |',
    ...Object.entries(SETTINGS).map(
      ([name, setting]) =>
        `| \`${name}\` | ${setting.defaultText ?? cell(setting.default)} | ${setting.type.name}${setting.secret ? '; secret' : ''} | ${setting.meaning} |`,
    ),
  ].join('\n');

describe('the settings reference page', () => {
  it('has each setting as the code has it', () => {
    const text = readFileSync(page, 'utf8');
    const [before, rest = ''] = text.split(START);
    const wanted = `${before}${START}\n\n${table()}\n\n${END}${rest.split(END)[1]}`;
    if (process.env.UPDATE_DOCS) writeFileSync(page, wanted);
    else expect(text).to.equal(wanted);
  });

  it('names nothing as needed that is no setting', () => {
    for (const name of Object.values(NEEDED).flat()) expect(SETTINGS).to.have.property(name);
  });
});
