import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Report } from '../../../../exporters/reports/report.js';
import { toLine } from '../../../../exporters/stores/logger/documents.js';
import { asCsv, asJson } from '../../../../src/cli/report/formats.js';
import { asTable } from '../../../../src/cli/report/view.js';
import { summarize } from '../../../../src/reading/summarize.js';
import { reportAt, timingOf } from '../../../conformance/suites/reading.js';
import { kaneda } from '../../../programs/cli.js';

const HUNDRED = Array.from({ length: 100 }, (_, i) => (i + 1) / 1_000);
/** A minute of two processes. */
const STORED: Report[] = [
  reportAt(0, { value: 90, tags: { route: '/a', status: 200 } }),
  reportAt(30, { value: 10, tags: { route: '/a', status: 503 } }),
  reportAt(100, { value: 5, tags: { route: '/b', status: 200 } }),
  timingOf(HUNDRED, 10, { instance: 'h:1' }),
  timingOf(HUNDRED, 20, { instance: 'h:2' }),
  reportAt(40, { name: 'shop.active', metric: 'gauge', value: 7, instance: 'h:1' }),
  reportAt(50, { name: 'shop.active', metric: 'gauge', value: 8, instance: 'h:2' }),
  reportAt(60, { name: 'shop.failed', metric: 'event', value: 'a \u001b[2J text' }),
];

describe('kaneda report', function () {
  this.timeout(120_000);
  let cwd: string;
  before(() => {
    cwd = mkdtempSync(join(tmpdir(), 'kaneda-report-'));
    writeFileSync(join(cwd, 'm.log'), STORED.map(toLine).join(''));
    mkdirSync(join(cwd, 'folder'));
  });
  after(() => rmSync(cwd, { recursive: true }));
  const report = (...args: string[]) => kaneda(['report', ...args], { cwd });

  it('shows a table of what a log file holds', async () => {
    const { code, stdout, stderr } = await report('m.log');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows).to.deep.equal([
      ['name', 'instance', 'rate', 'count', 'p50', 'p95', 'p99', 'errors', 'last'],
      ['shop.active', 'h:1', '–', '1', '–', '–', '–', '–', '7'],
      ['shop.active', 'h:2', '–', '1', '–', '–', '–', '–', '8'],
      rows[3]!,
      ['shop.failed', '0.6/min', '1', '–', '–', '–', '–'],
      ['shop.requests', '1.05/s', '105', '–', '–', '–', '10 (9.5 %)'],
    ]);
    const [name, rate, count, ...percentiles] = rows[3]!;
    expect([name, rate, count]).to.deep.equal(['shop.duration', '2/s', '200']);
    for (const [i, wanted] of [50, 95, 99].entries())
      expect(Number.parseFloat(percentiles[i]!)).to.be.closeTo(wanted, wanted * 0.02);
    expect(percentiles[0]).to.match(/ ms$/);
  });

  it('has no colours in a file, in CI either', async () => {
    const env = { CI: 'true', NO_COLOR: '' };
    const { stdout } = await kaneda(['report', 'm.log'], { cwd, env });
    expect(stdout).to.match(/^name +instance +rate/);
  });

  it('gives one JSON value, by tags and steps, of the names that were asked for', async () => {
    const { code, stdout } = await report(
      ...['shop.requests', 'm.log', '--by', 'route,status', '--step', '1m', '--json'],
    );
    expect(code).to.equal(0);
    const rows = JSON.parse(stdout) as Record<string, unknown>[];
    expect(rows.map(({ group, time, sum, rate }) => ({ group, time, sum, rate }))).to.deep.equal([
      { group: { route: '/a', status: 200 }, time: '2026-03-01T10:00:00.000Z', sum: 90, rate: 1.5 },
      {
        group: { route: '/a', status: 503 },
        time: '2026-03-01T10:00:00.000Z',
        sum: 10,
        rate: 1 / 6,
      },
      {
        group: { route: '/b', status: 200 },
        time: '2026-03-01T10:01:00.000Z',
        sum: 5,
        rate: 1 / 12,
      },
    ]);
    expect(rows[0]).to.include({ name: 'shop.requests', metric: 'counter', percentiles: null });
  });

  it('gives comma-separated values', async () => {
    const { stdout } = await report('shop.requests', 'm.log', '--by', 'route', '--csv');
    expect(stdout.split('\r\n')).to.deep.equal([
      'time,name,metric,unit,route,instance,count,sum,rate,min,max,mean,p50,p95,p99,errors,last',
      '2026-03-01T10:00:00.000Z,shop.requests,counter,,/a,,100,100,1,,,,,,,10,',
      '2026-03-01T10:00:00.000Z,shop.requests,counter,,/b,,5,5,0.05,,,,,,,0,\n',
    ]);
  });

  it('reads the log file that the settings name, and its last hour', async () => {
    writeFileSync(
      join(cwd, 'kanedasettings.json'),
      '{"BACKEND":"logger","LOGGER_FILENAME":"m.log"}',
    );
    try {
      expect((await report()).stdout).to.match(/^Nothing was stored.*--since 1d/);
      const { stdout } = await report(
        '--since',
        '2026-03-01T10:00:30Z',
        '--until',
        '2026-03-01T10:00:45Z',
      );
      expect(stdout).to.include('shop.active').and.not.include('shop.duration');
      // An hour before that end, not before now.
      const early = (await report('--until', '2026-03-01T10:00:25Z')).stdout;
      expect(early).to.include('shop.duration').and.not.include('shop.active');
    } finally {
      rmSync(join(cwd, 'kanedasettings.json'));
    }
  });

  it('says that a file, which is read whole, holds nothing of a name', async () => {
    const { code, stdout } = await report('m.log', 'shop.none');
    expect({ code, stdout }).to.deep.equal({
      code: 0,
      stdout: 'Nothing was stored under these names in this time.\n',
    });
  });

  it('takes a name for a name though a directory has it, or it looks like a file', async () => {
    const names = ['folder', 'http/requests', 'audit.log', 'x'.repeat(255)];
    writeFileSync(
      join(cwd, 'names.log'),
      names.map((name) => toLine(reportAt(0, { name }))).join(''),
    );
    const given = ['--name', 'http/requests', '--name', 'audit.log', 'folder', names[3]!];
    const { stdout, stderr } = await report('names.log', '--csv', ...given);
    expect(stderr).to.equal('');
    const found = stdout.split('\r\n').slice(1);
    expect(found.map((line) => line.split(',')[1])).to.have.members(names);
  });

  it('reads a file and shows a tag once, however often they are named', async () => {
    const twice = await report('m.log', './m.log', 'shop.requests', '--by', 'route,route', '--csv');
    expect(twice.stdout)
      .to.match(/,unit,route,instance,/)
      .and.include(',/a,,100,100,');
  });

  it('says that percentiles are unknown, and counts lines that are no reports', async () => {
    const { distribution: _, ...old } = timingOf(HUNDRED, 1);
    writeFileSync(join(cwd, 'old.log'), `${toLine(old)}not a report\n`);
    const { code, stdout, stderr } = await report('old.log');
    expect(code).to.equal(0);
    expect(stdout).to.match(/shop\.duration.* 100 +\? +\? +\?/);
    expect(stdout).to.include('?  unknown: 1 reports hold no distribution');
    expect(stderr).to.include('line 2 is not a report and was left out');
  });

  for (const [what, args, words] of [
    ['no settings', [], /BACKEND: missing; set BACKEND or KANEDA_BACKEND: name the store to read/],
    ['a file that is not there', ['gone.log'], /cannot read .*gone\.log: there is no such file/],
    ['a duration that is none', ['--since', 'yesterday', 'm.log'], /A duration like '30s'/],
    [
      'an end before the beginning',
      ['--until', '2h', '--since', '1h', 'm.log'],
      /is not after since/,
    ],
    ['a directory', ['./folder', 'm.log'], /folder: it is a directory: name a file/],
    ['two formats', ['--json', '--csv', 'm.log'], /cannot be used with/],
  ] as const)
    it(`ends with 1 and says what to do about ${what}`, async () => {
      const { code, stdout, stderr } = await report(...args);
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
      expect(stderr).to.match(words);
    });
});

describe('the formats of a report', () => {
  it('show the share of errors in digits', () => {
    const shown = (value: number) =>
      asTable(
        summarize([
          reportAt(0, { tags: { status: 500 } }),
          reportAt(1, { value, tags: { status: 200 } }),
        ]),
        [],
        false,
      );
    expect(shown(0)).to.include('1 (100 %)');
    expect(shown(2)).to.include('1 (33 %)');
    expect(shown(999_999)).to.include('1 (0.0001 %)');
  });

  it('say why percentiles are unknown', () => {
    const [exponential, single] = [timingOf([1, 2], 0), timingOf([1, 2], 1)];
    const explicit = { ...single, distribution: { bounds: [1], counts: [1, 1] } };
    const shown = asTable(summarize([exponential, explicit]), [], false).split('\n');
    expect(shown[1]!.split(/ {2,}/).slice(2, 6)).to.deep.equal(['4', '?', '?', '?']);
    expect(shown.slice(2)).to.deep.equal([
      '',
      '?  unknown: reports hold buckets that do not add up, exponential and explicit ones, or ones without a common bound',
    ]);
  });

  it('show a sum of fractions as it was recorded', () => {
    const [row] = summarize([0.1, 0.2].map((value) => reportAt(0, { value })));
    expect(JSON.parse(asJson([row!]))[0]).to.include({ sum: 0.3, count: 0.3 });
    expect(asCsv([row!], [])).to.include(',0.3,0.3,');
  });
});
