import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { given } from './given.js';
import type { Go } from './go.js';
import { goProgram } from './go-module.js';
import { fluxEnvironment } from './influxdb.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server, ServerOptions } from './server.js';

/** What every one of these servers has: an organisation, a bucket, and a token that may do everything. */
export const INFLUXDB_2 = { org: 'o', bucket: 'b', token: 't0ken-of-tests' } as const;

/** An InfluxDB 2.8 of its own, or `TEST_INFLUXDB2_URL`, which must have the same organisation, bucket and token. */
export async function startInflux2({ own }: ServerOptions = {}): Promise<Server> {
  const server = await given('influxdb2', { own, compose: undefined }, prepared);
  if (server.own) await setUp(server.url);
  return server;
}

async function prepared(): Promise<ProcessServer> {
  const program = await goProgram({
    server: 'influxdb2',
    module: 'github.com/influxdata/influxdb/v2',
    version: 'v2.8.0',
    package: './cmd/influxd',
    program: 'influxd',
    tags: 'sqlite_foreign_keys,sqlite_json',
    prepare: async (source, go) => {
      await allowWarnings(source, go);
      return fluxEnvironment(source);
    },
  });
  const url = `http://127.0.0.1:${await freePort()}`;
  const folder = temporaryFolder('influxdb2');
  return new ProcessServer({
    name: 'influxdb2',
    url,
    command: program,
    args: [
      '--http-bind-address',
      new URL(url).host,
      '--bolt-path',
      join(folder, 'bolt'),
      '--engine-path',
      join(folder, 'engine'),
      '--sqlite-path',
      join(folder, 'sqlite'),
      '--reporting-disabled',
    ],
    folder,
    ready: async () => (await fetch(`${url}/ping`)).status === 204,
  });
}

/** Its Flux lets no warning pass, and today's compilers warn of more than they did when it was written. */
async function allowWarnings(source: string, go: Go): Promise<void> {
  const answer = await go(['mod', 'download', '-json', 'github.com/influxdata/flux'], {
    cwd: source,
  });
  const { Dir } = JSON.parse(answer) as { Dir: string };
  for (const library of ['flux', 'flux-core']) {
    const file = join(Dir, 'libflux', library, 'src', 'lib.rs');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/deny\(warnings(, missing_docs)?\)/, 'allow(warnings)'));
  }
}

/** The first user, and the bucket under a database's name, so that InfluxQL can ask for it. */
async function setUp(url: string): Promise<void> {
  const { org, bucket, token } = INFLUXDB_2;
  const made = (await post(url, 'setup', {
    username: 'admin',
    password: 'adm1n-of-tests',
    org,
    bucket,
    token,
  })) as { org: { id: string }; bucket: { id: string } };
  await post(url, 'dbrps', {
    orgID: made.org.id,
    bucketID: made.bucket.id,
    database: bucket,
    retention_policy: 'autogen',
    default: true,
  });
}

async function post(url: string, path: string, body: object): Promise<unknown> {
  const answer = await fetch(`${url}/api/v2/${path}`, {
    method: 'POST',
    headers: { authorization: `Token ${INFLUXDB_2.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`InfluxDB 2 answers ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
