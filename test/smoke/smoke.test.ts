import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import * as cellErrors from '../../bridges/cells/errors.js';
import * as exporterErrors from '../../exporters/errors.js';
import * as queueErrors from '../../exporters/queues/errors.js';
import type { BoardData } from '../../src/cli/board/protocol.js';
import { RunningBoard } from '../support/board.js';
import { run } from '../support/servers/install.js';
import { COMPILERS, compilerOptions, consumer } from './consumer.js';
import { LOADED_BY_ROOT, NAMES } from './names.js';
import {
  developedWith,
  ENTRY_POINTS,
  install,
  MANIFEST,
  node,
  OPTIONAL_PEERS,
  pack,
  project,
  ROOT,
  specifier,
} from './project.js';

/** The bytes that the tarball may have. */
const PACKED_BYTES = 432_000;
/** The page of `kaneda board`, and the licence of the library in it. */
const BOARD_PAGE_FILES = ['icon.svg', 'index.html', 'page.css', 'page.js', 'uplot.LICENSE'];

/** The package as its users get it: packed, installed into an application, imported from there. */
describe('the packed tarball', function () {
  this.timeout(300_000);
  let tarball: string;
  let bytes: number;
  let files: string[];
  before(async () => {
    ({ tarball, bytes, files } = await pack());
  });

  it('is small', () => {
    expect(bytes).to.be.at.most(PACKED_BYTES);
  });

  it('has types for every way to resolve them, by attw', async () => {
    await run('npx', ['--no', '--', 'attw', tarball, '--format', 'ascii'], { cwd: ROOT });
  });

  it('has a manifest without faults, by publint', async () => {
    await run('npx', ['--no', '--', 'publint', tarball, '--strict'], { cwd: ROOT });
  });

  it('holds what users need, and nothing else', () => {
    const others = files.filter(
      (path) => !/^dist\/(.+\.(mjs|cjs|d\.mts|d\.cts)|chunks\/(esm|cjs)\/.+\.js)$/.test(path),
    );
    const page = others.filter((path) => path.startsWith('dist/board/'));
    expect(page.sort()).to.deep.equal(BOARD_PAGE_FILES.map((name) => `dist/board/${name}`));
    const rest = others.filter((path) => !page.includes(path));
    expect(rest.sort()).to.deep.equal([
      'LICENSE',
      'README.md',
      'dist/chunks/cjs/package.json',
      'package.json',
    ]);
  });

  it('holds every file that package.json names', () => {
    const named = Object.values(MANIFEST.exports).flatMap((entry) =>
      typeof entry === 'string'
        ? [entry]
        : Object.values(entry).flatMap((one) => Object.values(one)),
    );
    expect(
      named.map((path) => path.slice(2)).filter((path) => !files.includes(path)),
    ).to.deep.equal([]);
  });

  it('is listed here with each of its entry points', () => {
    expect(ENTRY_POINTS.filter((entry) => NAMES[entry] === undefined)).to.deep.equal([]);
  });

  describe('in an application without any optional peer', () => {
    let folder: string;
    before(async () => {
      folder = await project(tarball, ...developedWith('@opentelemetry/api'));
    });

    for (const entry of ENTRY_POINTS) {
      it(`gives its names to import '${specifier(entry)}'`, async () => {
        const source = `console.log(JSON.stringify(Object.keys(await import('${specifier(entry)}'))))`;
        expect(
          JSON.parse(await node(folder, '--input-type=module', '--eval', source)),
        ).to.include.members([...(NAMES[entry] ?? [])]);
      });

      it(`gives its names to require('${specifier(entry)}')`, async () => {
        const source = `console.log(JSON.stringify(Object.keys(require('${specifier(entry)}'))))`;
        expect(
          JSON.parse(await node(folder, '--input-type=commonjs', '--eval', source)),
        ).to.include.members([...(NAMES[entry] ?? [])]);
      });

      it(`loads no client, addon or SDK for '${specifier(entry)}'`, async () => {
        const loaded = await packagesLoadedBy(folder, entry);
        expect(loaded).to.include('kaneda-otel');
        const allowed = new Set(['kaneda-otel', ...LOADED_BY_ROOT]);
        const heavy = new Set([
          ...OPTIONAL_PEERS,
          '@opentelemetry/sdk-metrics',
          '@opentelemetry/sdk-logs',
        ]);
        expect(
          loaded.filter((name) => (entry === '.' ? !allowed.has(name) : heavy.has(name))),
        ).to.deep.equal([]);
      });
    }

    it('gives every error class of its folders to the root', async () => {
      const thrown = Object.keys({ ...cellErrors, ...exporterErrors, ...queueErrors });
      const source = `console.log(JSON.stringify(Object.keys(await import('kaneda-otel'))))`;
      const names = await node(folder, '--input-type=module', '--eval', source);
      expect(JSON.parse(names)).to.include.members(thrown);
    });

    it('answers `npx kaneda --help` with its commands', async () => {
      const help = await run('npx', ['--no', '--', 'kaneda', '--help'], { cwd: folder });
      for (const command of ['demo', 'check', 'worker', 'read', 'report', 'top'])
        expect(help).to.include(command);
    });

    it('runs `npx kaneda demo`, and shows what that stored by `kaneda board`', async () => {
      const shown = await run('npx', ['--no', '--', 'kaneda', 'demo'], {
        cwd: folder,
        // Colours are shown also without a terminal where CI is set.
        env: { NO_COLOR: '1' },
      });
      expect(shown).to.match(/p95/);
      const log = /kaneda board (\S+)/.exec(shown)![1]!;
      const board = new RunningBoard([join(folder, 'node_modules/.bin/kaneda')]);
      await board.start([log], {}, 0, folder);
      try {
        for (const name of BOARD_PAGE_FILES.filter((one) => !/LICENSE/.test(one)))
          expect(await served(board.url, name === 'index.html' ? '' : name), name).to.equal(
            readFileSync(join(folder, 'node_modules/kaneda-otel/dist/board', name), 'utf8'),
          );
        const { totals } = await metricOnBoard(board.url, 'shop.order');
        const orders = /^orders +([\d,]+)$/m.exec(shown)![1]!.replaceAll(',', '');
        expect(totals.count).to.be.closeTo(Number(orders), 1e-6);
      } finally {
        expect(await board.stop()).to.equal(0);
      }
    });
  });

  describe('in an application with every optional peer', () => {
    let folder: string;
    before(async () => {
      folder = await project(tarball, ...developedWith(...Object.keys(MANIFEST.peerDependencies)));
      await install(folder, '--save-dev', ...developedWith('@types/node', 'typescript'));
    });

    for (const { name, type, module, moduleResolution } of COMPILERS) {
      it(`compiles with moduleResolution ${name}`, async () => {
        const application = join(folder, name.replace(/\W/g, ''));
        mkdirSync(application);
        writeFileSync(join(application, 'package.json'), JSON.stringify({ type }));
        writeFileSync(join(application, 'consumer.ts'), consumer());
        const tsconfig = {
          compilerOptions: compilerOptions(module, moduleResolution),
          files: ['consumer.ts'],
        };
        writeFileSync(join(application, 'tsconfig.json'), JSON.stringify(tsconfig));
        expect(await compile(application)).to.equal('');
      });
    }

    it('has declarations that compile without skipLibCheck', async () => {
      const application = join(folder, 'declarations');
      mkdirSync(application);
      writeFileSync(join(application, 'package.json'), JSON.stringify({ type: 'module' }));
      writeFileSync(join(application, 'consumer.ts'), consumer());
      const options = { ...compilerOptions('node16', 'node16'), skipLibCheck: false };
      writeFileSync(
        join(application, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }),
      );
      const ours = (await compile(application))
        .split('\n')
        .filter((line) => /kaneda-otel\/dist|^consumer/.test(line));
      expect(ours).to.deep.equal([]);
    });

    it('constructs each exporter from its options', async () => {
      const source = `
        import { ElasticsearchExporter } from 'kaneda-otel/exporters/elasticsearch';
        import { InfluxExporter } from 'kaneda-otel/exporters/influxdb';
        import { MongoExporter } from 'kaneda-otel/exporters/mongodb';
        import { OtlpExporter } from 'kaneda-otel/exporters/otlp';
        import { RethinkExporter } from 'kaneda-otel/exporters/rethinkdb';
        const made = [
          new ElasticsearchExporter({ indexName: 'm', appName: 'a', host: '127.0.0.1', port: 9 }),
          new InfluxExporter({ database: 'd', host: '127.0.0.1', port: 9 }),
          new MongoExporter({ dbName: 'd', collectionName: 'c', host: '127.0.0.1', port: 9 }),
          new OtlpExporter({ url: 'http://127.0.0.1:9' }),
          new RethinkExporter({ db: 'd', host: '127.0.0.1', port: 9 }),
        ];
        console.log(made.map((one) => one.ledger().accepted).join());
        await Promise.all(made.map((one) => one.shutdown()));`;
      expect(await node(folder, '--input-type=module', '--eval', source)).to.equal('0,0,0,0,0\n');
    });
  });
});

async function served(url: string, path: string): Promise<string> {
  const answer = await fetch(new URL(path, url));
  expect(answer.status, path).to.equal(200);
  return answer.text();
}

/** The metric in the board's data, as soon as it was read from the file. */
async function metricOnBoard(url: string, name: string): Promise<BoardData['metrics'][number]> {
  for (const end = Date.now() + 30_000; ; await sleep(100)) {
    const { metrics, source } = JSON.parse(await served(url, 'data')) as BoardData;
    const found = metrics.find((metric) => metric.name === name);
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`no ${name} on the board, which is ${source.state}`);
  }
}

/** The compiler's complaints, of the repository's own compiler. */
async function compile(application: string): Promise<string> {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [compiler, '--pretty', 'false', '-p', 'tsconfig.json'], {
    cwd: application,
  }).catch((error: { stdout?: string; message: string }) => error.stdout || error.message);
}

async function packagesLoadedBy(folder: string, entry: string): Promise<string[]> {
  const lines = (await node(folder, 'loaded.mjs', specifier(entry)))
    .split('\n')
    .filter((line) => line.startsWith('loaded file:'));
  const names = lines.map((line) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(line)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}
