import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { temporaryFolder } from '../support/servers/process.js';

/**
 * `npm run test:servers [-- files and options of mocha]`: the tests with real servers, and which servers were missing.
 * `-- --more` runs those of `test/servers/more` instead, whose servers take long to build.
 */
const skippedFile = join(temporaryFolder('run'), 'skipped');
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const more = process.argv.includes('--more');
const given = process.argv.slice(2).filter((argument) => argument !== '--more');
// Much of the time is waiting, for servers that start and for deadlines; two of the larger servers fit into small machines.
const everything = more
  ? ['test/servers/more/**/*.test.ts']
  : ['--parallel', '--jobs', '2', '--ignore', 'test/servers/more/**', 'test/servers/**/*.test.ts'];
const files = given.some((argument) => argument.endsWith('.ts')) ? [] : everything;

const child = spawn(
  process.execPath,
  [mocha, '--config', '.mocharc.servers.json', ...files, ...given],
  {
    stdio: 'inherit',
    env: { ...process.env, KANEDA_SKIPPED_FILE: skippedFile },
  },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.once('close', (code) => {
  report(skippedServers());
  process.exitCode = code === null || code > 125 ? 1 : code;
});

function skippedServers(): Map<string, string> {
  try {
    const lines = readFileSync(skippedFile, 'utf8').trimEnd().split('\n');
    return new Map(
      lines
        .map((line) => JSON.parse(line) as { server: string; reason: string })
        .map(({ server, reason }) => [server, reason]),
    );
  } catch {
    return new Map();
  }
}

function report(skipped: Map<string, string>): void {
  if (skipped.size === 0) {
    console.log('Every server that was asked for was there.');
    return;
  }
  const rule = '!'.repeat(72);
  console.log(
    `${rule}\nSKIPPED, ${skipped.size === 1 ? '1 server' : `${skipped.size} servers`} not available:`,
  );
  for (const [server, reason] of skipped) console.log(`  ${server.toUpperCase()}: ${reason}`);
  console.log(rule);
}
