import { join } from 'node:path';
import { javaHome } from './elasticsearch.js';
import { given } from './given.js';
import { installed, run } from './install.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server, ServerOptions } from './server.js';

const VERSION = '9.3.4';
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';

/** A QuestDB of its own, or `TEST_QUESTDB_URL`. */
export function startQuestDB({ own }: ServerOptions = {}): Promise<Server> {
  return given('questdb', { own, compose: undefined }, prepared);
}

async function prepared(): Promise<ProcessServer> {
  const java = join(await javaHome(), 'bin', 'java');
  const cache = await installed('questdb', `questdb-${VERSION}`, async (folder) => {
    const artifact = `-Dartifact=org.questdb:questdb:${VERSION}:jar`;
    await run('mvn', ['-B', '-q', COPY, artifact, `-DoutputDirectory=${folder}`]);
  });
  const host = `127.0.0.1:${await freePort()}`;
  const folder = temporaryFolder('questdb');
  const jar = join(cache, `questdb-${VERSION}.jar`);
  return new ProcessServer({
    name: 'questdb',
    url: `http://${host}`,
    command: java,
    args: ['-Xmx512m', '-p', jar, '-m', 'io.questdb/io.questdb.ServerMain', '-d', folder],
    folder,
    // Its other doors are not needed, and their ports may be taken.
    env: {
      QDB_HTTP_BIND_TO: host,
      QDB_HTTP_MIN_ENABLED: 'false',
      QDB_PG_ENABLED: 'false',
      QDB_LINE_TCP_ENABLED: 'false',
      QDB_TELEMETRY_ENABLED: 'false',
    },
    ready: async () => (await fetch(`http://${host}/ping`)).ok,
  });
}
