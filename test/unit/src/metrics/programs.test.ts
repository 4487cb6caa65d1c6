import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

interface Ended {
  code: number;
  said: Record<string, unknown>;
}

/** Runs a program of test/programs/metrics to its end. What it has not ended by itself is killed, and fails the test. */
async function run(program: string, ...args: string[]): Promise<Ended> {
  const path = fileURLToPath(new URL(`../../../programs/metrics/${program}.ts`, import.meta.url));
  const child = promisify(execFile)(process.execPath, ['--import=tsx', path, ...args], {
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
  const { stdout, code } = await child.then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout: string; stderr: string; code: number | null }) => {
      expect(error.code, `ended by itself: ${error.stderr}`).to.be.a('number');
      return { stdout: error.stdout, code: error.code as number };
    },
  );
  return { code, said: JSON.parse(stdout) as Ended['said'] };
}

describe('Metrics: programs that end', () => {
  it('writes everything of a program that lives 50 ms and calls neither flush nor close', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kaneda-short-'));
    try {
      const file = join(directory, 'metrics.log');
      const { said } = await run('short', file);
      const lines = (await readFile(file, 'utf8')).trim().split('\n');
      const stored = lines.map(
        (line) => JSON.parse(line) as { name: string; value?: unknown; count?: number },
      );
      expect(
        Object.fromEntries(stored.map(({ name, value, count }) => [name, count ?? value])),
      ).to.deep.equal({
        start: 'now',
        views: 4,
        size: 7,
        load: 1,
      });
      expect(said).to.include({ accepted: 4, stored: 4, pending: 0 });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('lets a program end whose store is silent, and counts what it gave up', async () => {
    const sockets: Socket[] = [];
    const server: Server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const { port } = server.address() as { port: number };
      const { said } = await run('dead-store', String(port));
      expect(said).to.deep.include({
        accepted: 2,
        stored: 0,
        pending: 0,
        dropped: { 'deadline at close': 2 },
      });
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });

  it('flushes again what is recorded while the process ends, and nothing that was never used', async () => {
    const { said } = await run('late');
    expect(said).to.include({ accepted: 2, stored: 2, unused: 0 });
  });

  it('answers who awaits a flush, with nothing else to keep the process alive', async () => {
    expect(await run('awaited-flush')).to.deep.equal({
      code: 0,
      said: { answer: 'KANEDA_DEADLINE' },
    });
  });

  it("loads of OpenTelemetry the API alone, no store's client, no addon, before anything is exported", async () => {
    const { said } = await run('loaded');
    expect(said).to.deep.equal({
      imported: ['@opentelemetry/api'],
      recorded: ['@opentelemetry/api'],
    });
  });

  it('end although they measure themselves, and store what they measured', async () => {
    const { code, said } = await run('process-metrics');
    expect(code).to.equal(0);
    expect(said.names).to.include.members(['process.cpu.time', 'v8js.memory.heap.used']);
  });
});
