import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { Report } from '../../exporters/reports/report.js';
import { MongoExporter } from '../../exporters/stores/mongodb/index.js';
import type { BoardData } from '../../src/cli/board/protocol.js';
import { buildPage, RunningBoard } from '../support/board.js';
import { boardReport, boardTiming } from '../support/board-reports.js';
import { directory } from '../support/places.js';
import { startMongo } from '../support/servers/ferretdb.js';
import { requireServer, type Server } from '../support/servers/server.js';

const PASSWORD = 'hush/hush@hush';

describe("kaneda board over the settings' store", function () {
  this.timeout(120_000);
  let server: Server;
  let place: ReturnType<typeof directory>;
  const board = new RunningBoard();

  const connectionUrl = () =>
    server.url.replace('://', `://admin:${encodeURIComponent(PASSWORD)}@`);
  const store = async (reports: readonly Report[]) => {
    const exporter = new MongoExporter({
      connectionUrl: connectionUrl(),
      dbName: 'board',
      collectionName: 'reports',
      timeout: 30_000,
    });
    const outcomes = await exporter[INTERNALS].deliver(reports, {
      signal: AbortSignal.timeout(30_000),
    });
    await exporter.shutdown();
    expect(new Set(outcomes)).to.deep.equal(new Set(['stored']));
  };
  const data = async () => (await (await fetch(`${board.url}data`)).text()) as string;
  /** Asks as a page does, until the answer is as wanted. */
  const until = async (wanted: (answer: BoardData) => boolean): Promise<BoardData> => {
    for (;;) {
      const text = await data();
      expect(text).not.to.contain('hush');
      const answer = JSON.parse(text) as BoardData;
      if (wanted(answer)) return answer;
      await sleep(200);
    }
  };
  const counted = ({ metrics }: BoardData) =>
    metrics.find(({ name }) => name === 'user.signup')?.totals.count ?? 0;

  before(async function () {
    server = await requireServer(this, startMongo, { own: true, password: PASSWORD });
    place = directory();
    await buildPage();
    await store([
      boardReport(Date.now() - 60_000, { value: 3 }),
      boardTiming(Date.now() - 60_000, [0.1, 0.1, 0.1], { name: 'page.load' }),
    ]);
    const env = {
      KANEDA_BACKEND: 'mongodb',
      KANEDA_MONGO_CONNECTION_URL: connectionUrl(),
      KANEDA_MONGO_DB_NAME: 'board',
      KANEDA_MONGO_COLLECTION_NAME: 'reports',
    };
    await board.start(['--cells', place.path], env, 0, place.path);
  });
  after(async () => {
    await board.stop();
    place?.discard();
    await server?.stop();
  });

  it('shows what was stored, and what is stored while it runs, and no password', async () => {
    const first = await until((answer) => answer.source.state === 'live');
    expect(first.source.name).to.match(/^mongodb:\/\/[^@]*$/);
    expect(counted(first)).to.equal(3);
    const timing = first.metrics.find(({ name }) => name === 'page.load');
    expect(timing?.totals.p95).to.be.within(0.098, 0.102);
    await store([boardReport(Date.now(), { value: 4 })]);
    expect(counted(await until((answer) => counted(answer) > 3))).to.equal(7);
  });

  it('says why the store cannot be read, keeps what it has, and goes on when it is back', async () => {
    await server.kill();
    const failing = await until(({ source }) => source.state === 'failing');
    expect(failing.source.problem).to.be.a('string').and.not.equal('');
    expect(counted(failing)).to.equal(7);
    await server.start();
    await store([boardReport(Date.now(), { value: 1 })]);
    const back = await until((answer) => counted(answer) > 7);
    expect(counted(back)).to.equal(8);
    expect(back.source.state).to.equal('live');
  });

  it('shows the cells alone, and says what to set, where the settings name no store', async () => {
    const other = new RunningBoard();
    const env = { KANEDA_BACKEND: '', KANEDA_SETTINGS_MODULE: '' };
    await other.start(['--cells', place.path], env, 0, place.path);
    const answer = (await (await fetch(`${other.url}data`)).json()) as BoardData;
    expect(answer.source.state).to.equal('none');
    expect(answer.source.problem).to.contain('KANEDA_BACKEND');
    expect(await (await fetch(`${other.url}cells`)).json()).to.deep.equal({
      processes: [],
      unreadable: 0,
    });
    expect(await other.stop()).to.equal(0);
  });
});
