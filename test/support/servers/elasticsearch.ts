import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { given } from './given.js';
import { fromApt, installed, run, which } from './install.js';
import { javaSince } from './java.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import { type Server, type ServerOptions, UnavailableError } from './server.js';

export const ELASTICSEARCH_VERSION = '8.19.21';
/** Of the next major version; Java 21 or newer runs it. */
export const ELASTICSEARCH_9_VERSION = '9.5.3';

/** Elastic's minimal distribution: the server itself with its security, without most of the modules. */
const ARTIFACT = 'org.elasticsearch.distribution.integ-test-zip:elasticsearch';

/** The newest plug-in that every Maven since 3.6 runs. */
const MAVEN_UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack';

/** Elasticsearch refuses to run as root; this is `nobody` everywhere. */
const NOBODY = '65534';

export interface ElasticsearchOptions extends ServerOptions {
  /** Settings of the node, as in elasticsearch.yml: `{ 'http.max_content_length': '1mb' }`. */
  settings?: Record<string, string | number | boolean>;
  /** Security on, with this password for the user `elastic`. */
  password?: string;
  /** The contents of roles.yml, in JSON: its own API for roles wants modules that are not there. */
  roles?: Record<string, object>;
  /** 7.17 or later; default {@link ELASTICSEARCH_VERSION}. */
  version?: string;
}

/**
 * A single node of its own, `TEST_ELASTICSEARCH_URL`, or Compose's. As a program it lacks `GET /`, the endpoints of data
 * streams, ILM, painless, ingest pipelines and delete-by-query.
 */
export async function startElasticsearch(options: ElasticsearchOptions = {}): Promise<Server> {
  const { own, ...special } = options;
  const settings = {
    ...options.settings,
    'xpack.security.enabled': options.password !== undefined,
  };
  const environment = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, String(value)]),
  );
  const compose = {
    url: (port: number) => `http://127.0.0.1:${port}`,
    ready: (url: string) => healthy(url, options.password),
    override: { environment: { ...environment, ELASTIC_PASSWORD: options.password ?? 'unused' } },
  };
  const isUsual = options.version === undefined && options.roles === undefined;
  const sources = { own, special, compose: isUsual ? compose : undefined };
  return given('elasticsearch', sources, () => prepared(options));
}

async function prepared({
  settings,
  password,
  roles,
  version = ELASTICSEARCH_VERSION,
}: ElasticsearchOptions): Promise<ProcessServer> {
  const java = await (version.startsWith('9.') ? javaSince('elasticsearch', 21) : javaHome());
  const distribution = join(await elasticsearchFolder(version), `elasticsearch-${version}`);
  const folder = temporaryFolder('elasticsearch');
  const home = await homeFor(folder, distribution);
  const [port, transport] = [await freePort(), await freePort()];
  for (const sub of ['config', 'data', 'logs', 'tmp']) mkdirSync(join(folder, sub));
  configure(home, join(folder, 'config'), {
    ...ownSettings(folder, port, transport, password !== undefined),
    ...settings,
  });
  // YAML takes JSON.
  if (roles !== undefined)
    writeFileSync(join(folder, 'config', 'roles.yml'), JSON.stringify(roles));
  const env = {
    ES_JAVA_HOME: java,
    ES_PATH_CONF: join(folder, 'config'),
    ES_TMPDIR: join(folder, 'tmp'),
    HOME: folder,
    ES_JAVA_OPTS: '-Xms512m -Xmx512m -XX:TieredStopAtLevel=1 -XX:-AlwaysPreTouch',
  };
  if (password !== undefined) await setPassword(home, env, password);
  if (isRoot())
    await run('chown', [
      '-R',
      `${NOBODY}:${NOBODY}`,
      ...['config', 'data', 'logs', 'tmp'].map((sub) => join(folder, sub)),
    ]);
  if (isRoot()) await run('chown', [`${NOBODY}:${NOBODY}`, folder]);
  const pidFile = join(folder, 'tmp', 'elasticsearch.pid');
  const [command = '', ...args] = asNobody([join(home, 'bin', 'elasticsearch'), '-p', pidFile]);
  const url = `http://127.0.0.1:${port}`;
  return new ProcessServer({
    name: 'elasticsearch',
    url,
    command,
    args,
    env,
    folder,
    pidFile,
    prepare: () => rmSync(pidFile, { force: true }),
    ready: () => healthy(url, password),
    stopWithin: 30_000,
  });
}

/** The folder of the distribution, fetched on first use. */
export function elasticsearchFolder(version = ELASTICSEARCH_VERSION): Promise<string> {
  return installed('elasticsearch', `elasticsearch-${version}`, (folder) =>
    unpack(folder, version),
  );
}

/** The Java it runs on, 17 or newer. */
export async function javaHome(): Promise<string> {
  const { ES_JAVA_HOME } = process.env;
  if (ES_JAVA_HOME !== undefined) return ES_JAVA_HOME;
  const java = await fromApt('elasticsearch', 'java', 'openjdk-17-jre-headless');
  return dirname(dirname(realpathSync(java)));
}

async function unpack(folder: string, version: string): Promise<void> {
  const maven = await fromApt('elasticsearch', 'mvn', 'maven');
  // A repository of its own, gone afterwards: nothing else needs what it holds.
  const repository = join(folder, 'maven');
  mkdirSync(repository);
  const fetched = [`-Dartifact=${ARTIFACT}:${version}:zip`, `-DoutputDirectory=${folder}`];
  // It leaves a mark in the working directory.
  await run(maven, ['-B', '-q', `-Dmaven.repo.local=${repository}`, MAVEN_UNPACK, ...fetched], {
    cwd: repository,
  });
  rmSync(repository, { recursive: true, force: true });
  await run('chmod', ['-R', 'a+rX', folder]);
  await run('chmod', ['-R', 'a+x', join(folder, `elasticsearch-${version}`, 'bin')]);
}

/** The distribution where `nobody` may read it: a cache under root's home is closed to others. */
async function homeFor(folder: string, home: string): Promise<string> {
  if (!isRoot()) return home;
  if (which('setpriv') === undefined)
    throw new UnavailableError(
      'elasticsearch',
      'it refuses root, and setpriv (util-linux) is not there',
    );
  await run('chmod', ['a+x', folder]);
  const [command = '', ...args] = asNobody(['test', '-r', join(home, 'bin', 'elasticsearch')]);
  const readable = await run(command, args).then(
    () => true,
    () => false,
  );
  if (readable) return home;
  const copy = join(folder, 'home');
  await run('cp', ['-al', home, copy]).catch(() => run('cp', ['-a', home, copy]));
  return copy;
}

function ownSettings(folder: string, port: number, transport: number, security: boolean) {
  return {
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    'http.host': '127.0.0.1',
    'http.port': port,
    'transport.host': '127.0.0.1',
    'transport.port': transport,
    'discovery.type': 'single-node',
    'cluster.routing.allocation.disk.threshold_enabled': false,
    'xpack.security.enabled': security,
  };
}

function configure(
  home: string,
  folder: string,
  settings: Record<string, string | number | boolean>,
): void {
  const shipped = join(home, 'config');
  for (const name of [
    'log4j2.properties',
    'users',
    'users_roles',
    'roles.yml',
    'role_mapping.yml',
  ]) {
    if (existsSync(join(shipped, name))) copyFileSync(join(shipped, name), join(folder, name));
  }
  const options = readFileSync(join(shipped, 'jvm.options'), 'utf8').split('\n');
  // The GC log wants a folder that is not there, the vector module a bigger distribution.
  const kept = options.filter((line) => !/Xlog:gc|jdk\.incubator\.vector/.test(line));
  writeFileSync(join(folder, 'jvm.options'), kept.join('\n'));
  const lines = Object.entries(settings).map(
    ([key, value]) => `${key}: ${JSON.stringify(value)}\n`,
  );
  writeFileSync(join(folder, 'elasticsearch.yml'), lines.join(''));
}

async function setPassword(home: string, env: NodeJS.ProcessEnv, password: string): Promise<void> {
  const keystore = join(home, 'bin', 'elasticsearch-keystore');
  await run(keystore, ['create'], { env });
  const file = join(env.ES_TMPDIR ?? '', 'password');
  writeFileSync(file, password, { mode: 0o600 });
  await run('/bin/sh', ['-c', '"$1" add -x bootstrap.password < "$2"', 'sh', keystore, file], {
    env,
  });
  rmSync(file);
}

function asNobody(command: readonly string[]): string[] {
  return isRoot()
    ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...command]
    : [...command];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function healthy(url: string, password: string | undefined): Promise<boolean> {
  const authorization = `Basic ${Buffer.from(`elastic:${password}`).toString('base64')}`;
  const answer = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`, {
    headers: password === undefined ? {} : { authorization },
    signal: AbortSignal.timeout(3_000),
  });
  return answer.status === 200;
}
