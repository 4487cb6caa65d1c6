import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Sources } from './given.js';
import { run } from './install.js';
import { freePort, temporaryFolder } from './process.js';
import { note } from './reaper.js';
import { type Server, UnavailableError } from './server.js';

const FILE = fileURLToPath(new URL('../../compose.yaml', import.meta.url));

/** Images may have to be fetched first. */
const READY_WITHIN = 600_000;

/**
 * A service of compose.yaml as a project of its own, on a port of its own.
 * @throws the given error where no Docker daemon answers
 */
export async function composeServer(
  name: string,
  service: string,
  how: NonNullable<Sources['compose']>,
  otherwise: UnavailableError,
): Promise<Server> {
  const reachable = await run('docker', ['info', '--format', '{{.ServerVersion}}'])
    .then(
      () => run('docker', ['compose', 'version']),
      () => undefined,
    )
    .catch(() => undefined);
  if (reachable === undefined) throw otherwise;
  const port = await freePort();
  const project = `kaneda-${service}-${process.pid}-${port}`;
  const override = join(temporaryFolder(service), 'override.json');
  const ports = [`127.0.0.1:${port}:${how.port}`];
  writeFileSync(override, JSON.stringify({ services: { [service]: { ports, ...how.override } } }));
  return new ComposeServer(name, how.url(port), how.ready, project, ['--file', FILE, '--file', override], service);
}

class ComposeServer implements Server {
  readonly own = true;

  constructor(
    private readonly name: string,
    readonly url: string,
    private readonly ready: (url: string) => Promise<boolean>,
    private readonly project: string,
    private readonly files: readonly string[],
    private readonly service: string,
  ) {}

  async start(): Promise<void> {
    note('p+', this.project);
    await this.compose('up', '--detach', this.service);
    const end = Date.now() + READY_WITHIN;
    while (!(await this.ready(this.url).catch(() => false))) {
      if (Date.now() > end) throw new UnavailableError(this.name, `Compose's ${this.service} is not ready in time`);
      await sleep(200);
    }
  }

  async stop(): Promise<void> {
    await this.compose('stop', this.service);
  }

  async kill(): Promise<void> {
    await this.compose('kill', this.service);
  }

  pause(): void {
    this.composeSync('pause', this.service);
  }

  resume(): void {
    this.composeSync('unpause', this.service);
  }

  private compose(...args: string[]): Promise<string> {
    return run('docker', this.all(args));
  }

  private composeSync(...args: string[]): void {
    const { status, stderr } = spawnSync('docker', this.all(args), { encoding: 'utf8' });
    if (status !== 0) throw new Error(`docker ${this.all(args).join(' ')}: ${stderr}`);
  }

  private all(args: readonly string[]): string[] {
    return ['compose', '--project-name', this.project, ...this.files, ...args];
  }
}
