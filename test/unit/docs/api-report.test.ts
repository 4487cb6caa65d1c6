import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { API_FOLDER, apiReports, fileOf } from '../../types/api-report.js';

describe('The public API', function () {
  this.timeout(120_000);
  let reports: ReadonlyMap<string, string>;
  before(() => {
    reports = apiReports();
  });

  it('is what test/types/api says; npm run api writes it after a change that is meant', () => {
    const wanted = [...reports.keys()].map(fileOf).sort();
    expect(readdirSync(API_FOLDER).sort()).to.deep.equal(wanted);
    for (const [entry, text] of reports)
      expect(readFileSync(join(API_FOLDER, fileOf(entry)), 'utf8')).to.equal(text);
  });
});
