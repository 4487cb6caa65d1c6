import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ComposeService } from './given.js';
import { run } from './install.js';
import { freePort, temporaryFolder } from './process.js';
import { note } from './reaper.js';
import { type Server, UnavailableError } from './server.js';

const FILE = fileURLToPath(new URL('../../../compose.yaml', import.meta.url));

/** Images may have to be fetched first. */
const READY_WITHIN = 600_000;

/**
 * A service of compose.yaml as a project of its own, on a port of its own.
 * @throws the given error where no Docker daemon answers, or Docker has no Compose
 */
export async function composeServer(
  name: string,
  how: ComposeService,
  otherwise: UnavailableError,
): Promise<Server> {
  try {
    await run('docker', ['info', '--format', '{{.ServerVersion}}']);
    await run('docker', ['compose', 'version']);
  } catch {
    throw otherwise;
  }
  const port = await freePort();
  const override = join(temporaryFolder(name), 'override.json');
  writeFileSync(override, JSON.stringify({ services: { [name]: how.override ?? {} } }));
  const project = `kaneda-${name}-${process.pid}-${port}`;
  note('p+', project);
  return new ComposeServer(name, port, how, [
    '--project-name',
    project,
    '--file',
    FILE,
    '--file',
    override,
  ]);
}

class ComposeServer implements Server {
  readonly own = true;
  readonly url: string;

  constructor(
    private readonly service: string,
    private readonly port: number,
    private readonly how: ComposeService,
    private readonly options: readonly string[],
  ) {
    this.url = how.url(port);
  }

  async start(): Promise<void> {
    await this.compose('up', '--detach', '--no-recreate', this.service);
    const end = Date.now() + READY_WITHIN;
    while (!(await this.how.ready(this.url).catch(() => false))) {
      if (Date.now() > end)
        throw new UnavailableError(this.service, `Compose's ${this.service} is not ready in time`);
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
    this.composeNow('pause', this.service);
  }

  resume(): void {
    this.composeNow('unpause', this.service);
  }

  private compose(...args: string[]): Promise<string> {
    return run('docker', ['compose', ...this.options, ...args], { env: this.env });
  }

  private composeNow(...args: string[]): void {
    const env = { ...process.env, ...this.env };
    const { status, stderr } = spawnSync('docker', ['compose', ...this.options, ...args], {
      encoding: 'utf8',
      env,
    });
    if (status !== 0) throw new Error(`docker compose ${args.join(' ')}: ${stderr}`);
  }

  /** compose.yaml takes each service's port on this machine from a variable. */
  private get env(): NodeJS.ProcessEnv {
    return { [`KANEDA_${this.service.toUpperCase()}_PORT`]: String(this.port) };
  }
}
