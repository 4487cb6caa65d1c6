import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { LoggerExporter } from '../../exporters/stores/logger/index.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { temporaryFolder } from '../support/servers/process.js';
import { type Python, python } from '../support/servers/python.js';
import { orSkip } from '../support/servers/server.js';
import { pythonPrograms, withoutMoment } from '../unit/docs/kaneda-lines.js';

/**
 * Logs each value of a file by Kaneda. Prints which ones have characters that this Python's Unicode
 * does not know.
 */
const LOG = `
import json, unicodedata
from kaneda import Metrics
from kaneda.backends import LoggerBackend
metrics = Metrics(backend=LoggerBackend(filename='lines.log'))
values = json.load(open('values.json'))
for i, value in enumerate(values):
    metrics.custom('v%d' % i, metric='m', value={'a': value, 'b': [value]}, tags={'t': True}, id_='i%d' % i)
print([i for i, v in enumerate(values) if any(unicodedata.category(c) == 'Cn' for c in str(v))])
`;

const BOTH = {
  'kanedasettings.py': `
BACKEND = 'targets.Store'
STORE_NAME = 'store'
QUEUE = 'targets.Queue'
QUEUE_NAME = 'queue'
`,
  'targets.py': `
class Store:
    settings_namespace = 'STORE'
    def __init__(self, name):
        self.name = name
    def report(self, *arguments):
        print(self.name)
class Queue(Store):
    settings_namespace = 'QUEUE'
`,
};

describe("Python's Kaneda", () => {
  let peer: Python;
  let cwd: string;
  before(async function () {
    this.timeout(600_000);
    peer = await orSkip(this, python);
  });
  beforeEach(() => {
    cwd = temporaryFolder('kaneda');
    mkdirSync(cwd, { recursive: true });
  });

  it('prints what the page for those who come from Kaneda says', async () => {
    const programs = await pythonPrograms();
    expect(programs).to.have.length(2);
    for (const { source, prints } of programs)
      expect(withoutMoment(await peer.run(source, { cwd }))).to.equal(withoutMoment(prints));
  });

  it("logs any text and number as LoggerExporter does with format 'kaneda'", async () => {
    const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 20 }), 300);
    const numbers = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 300);
    // Of a whole number nobody knows whether it is an int or a float in Python.
    const fractions = numbers.filter((value) => !Number.isInteger(value));
    const known = ["it's", '"', `'"`, '\u0000\u007f\u00a0\u00ad\u2028\u3000', 1e-4, 1e-5, 1e-7, 7];
    const values = [...known, ...texts.map((text) => text.toWellFormed()), ...fractions];
    writeFileSync(join(cwd, 'values.json'), JSON.stringify(values));
    const unknown = new Set(JSON.parse(await peer.run(LOG, { cwd })) as number[]);

    const filename = join(cwd, 'ours.log');
    const backend = new LoggerExporter({ filename, format: 'kaneda' });
    const metrics = new Metrics({ backend });
    values.forEach((value, i) => {
      const options = { metric: 'm', value: { a: value, b: [value] }, tags: { t: true } };
      metrics.custom(`v${i}`, { ...options, id: `i${i}` });
    });
    await metrics.close();
    const linesOf = (file: string): string[] =>
      withoutMoment(readFileSync(join(cwd, file), 'utf8')).split('\n');
    const [ours, theirs] = [linesOf('ours.log'), linesOf('lines.log')];
    expect(ours.filter((line, i) => line !== theirs[i] && !unknown.has(i))).to.deep.equal([]);
    expect(ours).to.have.length(theirs.length);
  });

  it('reports to BACKEND where QUEUE is set too', async () => {
    for (const [name, text] of Object.entries(BOTH)) writeFileSync(join(cwd, name), text);
    const source = 'from kaneda import Metrics\nMetrics().gauge("a", 1)';
    expect(await peer.run(source, { cwd })).to.equal('store\n');
  });

  it('cannot make its LoggerBackend from settings', async () => {
    writeFileSync(
      join(cwd, 'kanedasettings.py'),
      "BACKEND = 'kaneda.backends.LoggerBackend'\nLOGGER_FILENAME = 'm.log'\n",
    );
    const source = `
from kaneda import Metrics
try:
    Metrics()
except TypeError as error:
    print(error)`;
    expect(await peer.run(source, { cwd })).to.match(/NoneType/);
  });
});
