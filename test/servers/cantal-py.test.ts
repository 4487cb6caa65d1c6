import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { formatDimensions } from '../../bridges/cells/meta-format.js';
import { readProcess } from '../../bridges/observe-processes.js';
import {
  Collection,
  Counter,
  Float,
  Fork,
  Integer,
  RequestTracker,
  State,
} from '../../src/cantal/index.js';
import { directory } from '../support/places.js';
import type { ProcessServer } from '../support/servers/process.js';
import { type Python, python } from '../support/servers/python.js';
import { orSkip } from '../support/servers/server.js';

const MAKE = `
import sys, warnings
warnings.simplefilter('ignore')
import cantal
c = cantal.Collection()
ticks = cantal.Counter(group='main', metric='ticks', collection=c)
depth = cantal.Integer(group='main', metric='depth', app='h\\u00e9 "\\U0001f600"', collection=c)
load = cantal.Float(metric='load', collection=c)
mood = cantal.State(state='mood', collection=c)
wide = cantal.State(state='wide', size=120, collection=c)
requests = cantal.RequestTracker('api', app='x', collection=c)
fork = cantal.Fork(['read', 'write'], state='loop', group='g', collection=c)
active = c.start(sys.argv[1])
`;

/** The same metrics, in another order. */
function same(collection: Collection) {
  const options = { collection };
  return {
    wide: new State({ state: 'wide' }, { size: 120, collection }),
    fork: new Fork(['write', 'read'], { group: 'g', state: 'loop' }, options),
    mood: new State({ state: 'mood' }, options),
    requests: new RequestTracker('api', { app: 'x' }, options),
    load: new Float({ metric: 'load' }, options),
    depth: new Integer({ app: 'hé "😀"', metric: 'depth', group: 'main' }, options),
    ticks: new Counter({ metric: 'ticks', group: 'main' }, options),
  };
}

/** Reads the files as the Cantal agent does, with Python's own means, and prints what is there. */
const READ = `
import json, struct, sys
path, at, out = sys.argv[1], 0, {}
values = open(path + '.values', 'rb').read()
for line in open(path + '.meta', encoding='utf-8').read().split('\\n'):
    head, _, description = line.partition(':')
    kind, size, *rest = head.split(' ')
    field, at = values[at:at + int(size)], at + int(size)
    if kind == 'pad':
        continue
    name = json.dumps(json.loads(description), sort_keys=True)
    assert name not in out and description == ' ' + name
    if kind == 'state':
        value = [struct.unpack('=Q', field[:8])[0], field[8:].split(b'\\0')[0].decode('utf-8')]
    else:
        value = struct.unpack({'counter': '=Q', 'level signed': '=q', 'level float': '=d'}[' '.join([kind] + rest)], field)[0]
    out[name] = value if isinstance(value, list) else str(value)
print(json.dumps(out))
`;

describe('cantal-py', () => {
  let py: Python;
  let place: ReturnType<typeof directory>;
  let path: string;
  let running: ProcessServer | undefined;

  before(async function () {
    this.timeout(600_000);
    py = await orSkip(this, python);
  });
  beforeEach(() => {
    place = directory();
    path = join(place.path, 'cells');
  });
  afterEach(async () => {
    await running?.kill();
    running = undefined;
    place.discard();
  });

  const lines = (at: string) =>
    readFileSync(`${at}.meta`, 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('pad '))
      .sort();

  it('writes the metadata that we write, byte for byte, for each line', async () => {
    await py.run(MAKE, { args: [path] });
    const collection = new Collection();
    same(collection);
    const active = collection.start(join(place.path, 'ours'));
    expect(lines(active.path!)).to.deep.equal(lines(path));
    expect(lines(path)).to.have.length(14);
    active.close();
  });

  it('writes dimensions as we do, whatever is in them', async () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom('é', '\ud7ff', '\ue000', '\uffff', '😀', '\u007f', '"', '\\', '\n'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
    });
    const samples = fc
      .sample(fc.dictionary(text, text, { maxKeys: 6 }), 2_000)
      .map((one) => Object.fromEntries(Object.entries(one)));
    const program =
      'import json, sys\nfor line in open(sys.argv[1], encoding="utf-8"): print(json.dumps(json.loads(line), sort_keys=True))';
    const file = join(place.path, 'samples');

    writeFileSync(file, samples.map((one) => JSON.stringify(one)).join('\n'));
    const theirs = (await py.run(program, { args: [file] })).trimEnd().split('\n');
    expect(samples.map((one) => formatDimensions(one as Record<string, string>))).to.deep.equal(
      theirs,
    );
  });

  it('makes files that we read, alive and dead', async () => {
    const use = `
ticks.incr(2 ** 63 + 5)
depth.set(-7)
load.set(1.25)
mood.enter('ganz gut \\u00e9')
wide.enter('x' * 200)
with requests.request(): pass
print('ready', flush=True)
import time
time.sleep(600)
`;
    running = await py.spawn(MAKE + use, { args: [path] });
    const { alive, pid, metrics } = readProcess(path);
    expect(alive).to.equal(true);
    expect(pid).to.be.a('number');
    const found = Object.fromEntries(
      metrics.map(({ dimensions, value }) => [formatDimensions(dimensions), value]),
    );
    expect(found['{"group": "main", "metric": "ticks"}']).to.equal(2n ** 63n + 5n);
    expect(
      found['{"app": "h\\u00e9 \\"\\ud83d\\ude00\\"", "group": "main", "metric": "depth"}'],
    ).to.equal(-7n);
    expect(found['{"metric": "load"}']).to.equal(1.25);
    expect(found['{"state": "mood"}']).to.deep.include({ text: 'ganz gut é' });
    expect(found['{"state": "wide"}']).to.deep.include({ text: 'x'.repeat(120) });
    expect(found['{"app": "x", "group": "api", "metric": "requests"}']).to.equal(1n);
    await running.kill();
    expect(readProcess(path)).to.include({ alive: false });
    expect(readProcess(path).metrics).to.deep.equal(metrics);
  });

  it('may have numbers and booleans in dimensions, which we read as texts', async () => {
    const make = `
import sys, warnings
warnings.simplefilter('ignore')
import cantal
c = cantal.Collection()
hits = cantal.Counter(group='http', metric='hits', port=80, ok=True, share=0.5, collection=c)
active = c.start(sys.argv[1])
hits.incr(3)
print('ready', flush=True)
import time
time.sleep(600)
`;
    running = await py.spawn(make, { args: [path] });
    const dimensions = { group: 'http', metric: 'hits', ok: 'true', port: '80', share: '0.5' };
    expect(readProcess(path).metrics).to.deep.equal([{ kind: 'counter', dimensions, value: 3n }]);
  });

  it('does not lose a path that it holds to us, and its files stay while it lives', async () => {
    running = await py.spawn(`${MAKE}\nprint('ready', flush=True)\nimport time\ntime.sleep(600)`, {
      args: [path],
    });
    const collection = new Collection();
    expect(collection.start(path).path).to.equal(undefined);

    utimesSync(`${path}.values`, 1, 1);
    const other = new Collection().start(join(place.path, 'other'));
    expect(existsSync(`${path}.values`)).to.equal(true);
    await running.kill();
    utimesSync(`${path}.values`, 1, 1);
    const third = new Collection().start(join(place.path, 'third'));
    expect(existsSync(`${path}.values`)).to.equal(false);
    for (const active of [other, third]) active.close();
  });

  it('reads with its own means what we write', async () => {
    const collection = new Collection();
    const { ticks, depth, load, mood, wide } = same(collection);
    const active = collection.start(path);
    ticks.incr(2n ** 63n + 5n);
    depth.set(-7);
    load.set(1.25);
    const before = Date.now();
    mood.enter('ganz gut é');
    wide.enter('ö'.repeat(61));
    const found = JSON.parse(await py.run(READ, { args: [path] })) as Record<
      string,
      string | [number, string]
    >;
    expect(found['{"group": "main", "metric": "ticks"}']).to.equal(String(2n ** 63n + 5n));
    expect(
      found['{"app": "h\\u00e9 \\"\\ud83d\\ude00\\"", "group": "main", "metric": "depth"}'],
    ).to.equal('-7');
    expect(found['{"metric": "load"}']).to.equal('1.25');
    const [time, text] = found['{"state": "mood"}'] as [number, string];
    expect([text, time >= before]).to.deep.equal(['ganz gut é', true]);
    expect((found['{"state": "wide"}'] as [number, string])[1]).to.equal('ö'.repeat(60));
    active.close();
  });
});
