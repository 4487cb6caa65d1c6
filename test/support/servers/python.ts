import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromApt, installed, run } from './install.js';
import { ProcessServer, temporaryFolder } from './process.js';
import { UnavailableError } from './server.js';

/** The versions that are installed beside each other; kaneda comes without its pins, which name a Celery of 2020. */
const PACKAGES = ['rq==3.0.0', 'celery[redis]==5.7.0', 'redis', 'pyzmq', 'six', 'cantal==0.2.5'];
const ENVIRONMENT = 'python-rq-3.0.0-celery-5.7.0-kaneda-1.0-cantal-0.2.5';

/** What a worker of Kaneda was asked to store: the five arguments of `report`. */
export interface PeerReport {
  name: string;
  metric: string;
  value: unknown;
  tags: unknown;
  id_: string | null;
}

/** Kaneda's settings for the worker, and the backend they name: one JSON line a report. */
const FILES = {
  'kanedasettings.py': (folder: string) =>
    `BACKEND = 'peer_backend.FileBackend'\nFILE_FILENAME = ${JSON.stringify(join(folder, 'reports'))}\n`,
  'peer_backend.py': () => `import json
from kaneda.backends import BaseBackend

class FileBackend(BaseBackend):
    settings_namespace = 'FILE'

    def __init__(self, filename):
        self.filename = filename

    def report(self, name, metric, value, tags, id_=None):
        line = json.dumps({'name': name, 'metric': metric, 'value': value, 'tags': tags, 'id_': id_})
        with open(self.filename, 'a') as out:
            out.write(line + '\\n')
`,
};

/** A worker of Python's, as a server: it can be started, stopped, killed and frozen. */
export class PythonWorker extends ProcessServer {
  /** What it has stored so far, in order. */
  async reports(): Promise<PeerReport[]> {
    const text = await readFile(join(this.launch.folder, 'reports'), 'utf8').catch(() => '');
    const complete = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return complete.filter((line) => line !== '').map((line) => JSON.parse(line) as PeerReport);
  }
}

/** A Python with rq, celery, kaneda and cantal. */
export class Python {
  constructor(readonly program: string) {}

  /** Runs a program text to its end; gives its standard output. */
  run(
    source: string,
    options: { args?: readonly string[]; env?: NodeJS.ProcessEnv; cwd?: string } = {},
  ): Promise<string> {
    const { args = [], ...rest } = options;
    return run(this.program, ['-c', source, ...args], {
      ...rest,
      env: { PYTHONUNBUFFERED: '1', ...options.env },
    });
  }

  /** A program text that runs until it is stopped; it is ready when it has printed `ready`. */
  async spawn(
    source: string,
    options: { args?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
  ): Promise<ProcessServer> {
    const folder = temporaryFolder('python');
    const env = { PYTHONUNBUFFERED: '1', ...options.env };
    const args = ['-c', source, ...(options.args ?? [])];
    return this.started(
      new ProcessServer(this.launch('python', '', folder, args, env, /^ready$/m)),
    );
  }

  /** An RQ worker with Kaneda's task; `redis` is the URL of a Redis. */
  async rqWorker(
    redis: string,
    options: { queueName?: string; serializer?: 'json' } = {},
  ): Promise<PythonWorker> {
    const folder = peerFolder();
    const serializer = options.serializer === undefined ? [] : ['-S', options.serializer];
    const args = [
      '-m',
      'rq.cli',
      'worker',
      '--url',
      redis,
      ...serializer,
      options.queueName ?? 'kaneda',
    ];
    return this.started(
      new PythonWorker(
        this.launch('rq', redis, folder, args, peerEnvironment(folder), /Listening on/),
      ),
    );
  }

  /** A Celery worker with Kaneda's task; `broker` is the URL of a Redis or a RabbitMQ. */
  async celeryWorker(broker: string, options: { queueName?: string } = {}): Promise<PythonWorker> {
    const folder = peerFolder();
    writeFileSync(join(folder, 'celeryconfig.py'), `broker_url = ${JSON.stringify(broker)}\n`);
    const alone = [
      '--pool=solo',
      '--without-gossip',
      '--without-mingle',
      '--without-heartbeat',
      '--loglevel=INFO',
    ];
    const args = [
      '-m',
      'celery',
      '-A',
      'kaneda.tasks.celery',
      'worker',
      ...alone,
      '-Q',
      options.queueName ?? 'celery',
    ];
    return this.started(
      new PythonWorker(
        this.launch('celery', broker, folder, args, peerEnvironment(folder), / ready\./),
      ),
    );
  }

  private launch(
    name: string,
    url: string,
    folder: string,
    args: string[],
    env: NodeJS.ProcessEnv,
    sign: RegExp,
  ) {
    let before = 0;
    const text = () => readFile(join(folder, `${name}.log`), 'utf8');
    return {
      name,
      url,
      command: this.program,
      args,
      folder,
      env,
      // The log goes on over restarts.
      prepare: async () => {
        before = (await text().catch(() => '')).length;
      },
      ready: async () => sign.test((await text()).slice(before)),
    };
  }

  private async started<S extends ProcessServer>(server: S): Promise<S> {
    await server.start();
    return server;
  }
}

/**
 * The Python environment, made on first use.
 * @throws UnavailableError where there is no Python 3, or its packages cannot be had
 */
export async function python(): Promise<Python> {
  const folder = await installed('python', ENVIRONMENT, async (into) => {
    const system = await fromApt('python', 'python3', 'python3-venv');
    const venv = join(into, 'venv');
    await run(system, ['-m', 'venv', venv]).catch((cause: unknown) => {
      throw new UnavailableError(
        'python',
        'python3 cannot make environments (Debian: apt-get install python3-venv)',
        { cause },
      );
    });
    const pip = (...args: string[]) =>
      run(join(venv, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...args]);
    await pip(...PACKAGES);
    await pip('--no-deps', 'kaneda==1.0');
  });
  return new Python(join(folder, 'venv', 'bin', 'python'));
}

function peerFolder(): string {
  const folder = temporaryFolder('peer');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text(folder));
  return folder;
}

function peerEnvironment(folder: string): NodeJS.ProcessEnv {
  return { PYTHONPATH: folder, PYTHONUNBUFFERED: '1', C_FORCE_ROOT: '1' };
}
