import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { readProcess } from '../../../bridges/observe-processes.js';
import { Child, runChild } from '../../support/children.js';
import { directory } from '../../support/places.js';

/** How long the tests that wait for something that must not happen go on, in milliseconds. */
const PATIENCE = Number(process.env.KANEDA_TEST_PATIENCE ?? 1_500);

/** Values by metric and thread. The numbers of threads are not ours to know: `names` are given to them as they appear. */
function byThread(path: string, names: Map<string, string>): Record<string, unknown> {
  const { metrics } = readProcess(path);
  const threads = new Set(
    metrics
      .map(({ dimensions }) => dimensions.thread ?? '')
      .filter((thread) => /^\d+$/.test(thread)),
  );
  for (const thread of [...threads].sort((a, b) => Number(a) - Number(b))) {
    if (!names.has(thread)) names.set(thread, ['early', 'late'][names.size] ?? '?');
  }
  return Object.fromEntries(
    metrics.map(({ dimensions: { metric, thread = 'main' }, value }) => [
      `${metric} ${names.get(thread) ?? thread}`,
      value,
    ]),
  );
}

describe('cells across processes', () => {
  let place: ReturnType<typeof directory>;
  let path: string;
  let children: Child[];
  const child = (name: string, args: string[] = [path], env: NodeJS.ProcessEnv = {}): Child => {
    children.push(new Child(name, args, env));
    return children.at(-1)!;
  };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await sleep(20);
  };
  beforeEach(() => {
    place = directory();
    path = join(place.path, 'cells');
    children = [];
  });
  afterEach(async () => {
    await Promise.all(children.map((one) => one.end()));
    place.discard();
  });

  it('hold after kill -9 what the process had printed, and say that it is dead', async () => {
    const counting = child('count.ts');
    await counting.printed(/^\d+$/, 20);
    expect(readProcess(path)).to.include({ pid: counting.pid, alive: true });
    await counting.end('SIGKILL');
    const { alive, pid, metrics } = readProcess(path);
    expect([alive, pid]).to.deep.equal([false, undefined]);
    expect(Number(metrics[0]!.value)).to.be.at.least(Number(counting.lines.at(-1)));
  });

  it('are read while the process is stopped', async () => {
    const counting = child('count.ts');
    await counting.printed(/^\d+$/);
    counting.process.kill('SIGSTOP');
    const first = readProcess(path).metrics[0]!.value;
    expect(readProcess(path)).to.include({ pid: counting.pid, alive: true });
    expect(readProcess(path).metrics[0]!.value).to.equal(first);
    counting.process.kill('SIGCONT');
  });

  /** Whether a reader saw a value within `ms` that the process never had, and after how long: it counts in steps of 2^27 - 1. */
  async function torn(how: string, ms: number): Promise<{ seen: boolean; after: number }> {
    const at = join(place.path, how);
    const hammer = child('hammer.ts', [at, how]);
    await hammer.printed(/ready/);
    const start = performance.now();
    let [seen, after] = [false, 0];
    while (!seen && after < ms) {
      seen = readProcess(at).metrics.some(
        ({ value }) => (value as bigint) % (2n ** 27n - 1n) !== 0n,
      );
      after = performance.now() - start;
    }
    await hammer.end();
    return { seen, after };
  }

  it('never show half a value: two stores of 32 bits do', async function () {
    this.timeout(120_000 + PATIENCE * 20);
    const naive = await torn('naive', 15_000);
    // The two processes do not run at the same time often enough here for the control to mean anything.
    if (!naive.seen) this.skip();
    expect(await torn('ours', Math.max(PATIENCE, naive.after * 3))).to.include({ seen: false });
  });

  it('show every metric whole from the first moment while thousands are added', async () => {
    const growing = child('grow.ts', [path, process.env.KANEDA_TEST_PATIENCE ? '30000' : '10000']);
    await growing.printed(/ready/);
    const pollers = [1, 2, 3].map(() => child('poll.ts'));
    await growing.printed(/done/);
    const total = readProcess(path).metrics.length;
    expect(total).to.be.at.least(10_000);
    for (const poller of pollers) {
      const before = poller.lines.length;
      await poller.printed(/readings/, before + 2);
      const { readings, bad, most, first } = JSON.parse(poller.lines.at(-1)!) as Record<
        'readings' | 'bad' | 'most',
        number
      > & {
        first: string;
      };
      expect(bad, first).to.equal(0);
      expect(readings).to.be.above(2);
      expect(most).to.equal(total);
    }
  });

  it('take worker threads in, those started before and after, and keep their counts when they end', async () => {
    const main = child('threads.ts');
    const names = new Map<string, string>();
    const now = () => byThread(path, names);
    await main.printed(/ready/);
    await until(() => readProcess(path).metrics.length === 6);
    const own = { 'counted main': 1n, 'level main': 0n };
    const late = { 'counted late': 2000n, 'level late': 7n };
    expect(now()).to.deep.equal({ ...own, ...late, 'counted early': 1001n, 'level early': 7n });
    main.say('incr');
    await main.printed(/incr done/);
    expect(now()['counted late']).to.equal(2001n);
    main.say('terminate');
    await main.printed(/terminate done/);
    await until(() => !('counted early' in now()));
    expect(now()).to.deep.equal({ ...own, ...late, 'counted late': 2001n, 'counted ended': 1001n });
    main.say('exit');
    await main.printed(/exit done/);
    await until(() => !('counted late' in now()));
    expect(now()).to.deep.equal({ ...own, 'counted ended': 3002n });
  });

  it('take in several stores of one worker thread, each once', async () => {
    const main = child('threads.ts');
    const names = new Map<string, string>();
    const now = () => byThread(path, names);
    await main.printed(/ready/);
    await until(() => readProcess(path).metrics.length === 6);
    main.say('start second');
    await until(() => 'second late' in now());
    expect(now()).to.include({ 'second late': 5n, 'counted late': 2001n, 'counted early': 1001n });
    main.say('restart second');
    await until(() => 'second ended' in now() && !('second late' in now()));
    await until(() => now()['counted late'] === 2002n);
    // Nothing is added once more when what is published is made again.
    await sleep(1_200);
    expect(now()).to.include({ 'second ended': 5n, 'counted late': 2002n });
    expect(now()).to.not.have.property('second late');
  });

  it('leave a program alive whose thread ends after they were closed', async () => {
    const main = child('threads.ts');
    await main.printed(/ready/);
    await until(() => readProcess(path).metrics.length === 6);
    main.say('close');
    await main.printed(/close done/);
    main.say('terminate');
    await main.printed(/terminate done/);
    // What a thread counted is looked at a moment after its end.
    await sleep(400);
    main.say('incr');
    await main.printed(/incr done/);
    expect(main.process.signalCode).to.equal(null);
  });

  it('of a cluster are in files of their own, named in the environment where the Cantal agent looks', async () => {
    const primary = child('cluster.ts', [], { CANTAL_PATH: path });
    const lines = (await primary.printed(/path/, 3)).map(
      (line) => JSON.parse(line) as { path: string; initial: string; left: string | null },
    );
    const paths = [path, `${path}.w1`, `${path}.w2`];
    expect(lines.map((line) => line.path).sort()).to.deep.equal(paths);
    expect(lines.map((line) => line.initial).sort()).to.deep.equal(paths);
    expect(lines.map((line) => line.left)).to.deep.equal([null, null, null]);
    for (const at of paths)
      expect(readProcess(at).metrics.map(({ value }) => value)).to.deep.equal([1n]);
  });

  describe('when a program ends', () => {
    const run = (args: string[], env: NodeJS.ProcessEnv = {}, node: string[] = []) => {
      const { stdout, stderr, status } = runChild('exit.ts', args, env, node);
      return {
        stderr,
        status,
        ...(JSON.parse(stdout) as { path: string | null; value: string; files: string[] }),
      };
    };

    it('are removed, by process.exit too', () => {
      expect(run([path])).to.include({ path, status: 0, value: '1' });
      expect(run([path, 'exit'])).to.include({ path, status: 3 });
      expect(readdirSync(place.path)).to.deep.equal([]);
    });

    it('are where CANTAL_PATH says, else in a directory of this user’s own under a name nobody guesses', () => {
      expect(run([], { CANTAL_PATH: path }).path).to.equal(path);
      expect(run([path], { CANTAL_PATH: '/nowhere/at/all' }).path).to.equal(path);
      expect(run([], { CANTAL_PATH: undefined, XDG_RUNTIME_DIR: place.path }).path).to.match(
        /\/kaneda-test-\w+\/cantal\.\d+\.[0-9a-f]{8}$/,
      );
      const own = run([], { CANTAL_PATH: undefined, XDG_RUNTIME_DIR: undefined }).path!;
      expect(own).to.match(
        new RegExp(`/cantal\\.${process.getuid?.()}/cantal\\.\\d+\\.[0-9a-f]{8}$`),
      );
      expect(statSync(join(own, '..')).mode & 0o777).to.equal(0o700);
    });

    it('are in memory only where koffi may not be loaded, or is not there', () => {
      const without = run([path], {}, ['--no-addons']);
      expect(without).to.include({ path: null, value: '1', status: 0 });
      expect(readdirSync(place.path)).to.deep.equal([]);
    });
  });
});
