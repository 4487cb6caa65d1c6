import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../smoke/project.js';
import { installed, run } from '../support/servers/install.js';
import { LINES, type Line } from './lines.js';
import { makeProject, type Project } from './project.js';

/**
 * `npm run matrix [-- --others]`: the tests of `npm test`, and the types of a consumer, with each line of OpenTelemetry on
 * the Node it is meant for. With `--others`, without the line that `npm test` itself has just run on.
 */
const others = process.argv.includes('--others');
const runningMajor = Number(process.versions.node.split('.')[0]);
let failed = 0;

for (const line of LINES) {
  if (others && line.node === runningMajor && line.own) continue;
  console.log(`\n${line.name} on Node ${line.node}`);
  const node = await nodeOf(line);
  console.log(`${node} is ${(await run(node, ['--version'])).trim()}`);
  const project = await makeProject(line, node);
  const complaints = await project.typeCheck();
  console.log(
    complaints === ''
      ? '  ✔ a consumer compiles'
      : `  ✖ a consumer does not compile:\n${complaints}`,
  );
  const status = await tests(project);
  console.log(`types: ${complaints === '' ? '1 passing' : '1 failing'}`);
  if (status !== 0 || complaints !== '') failed++;
}
process.exitCode = failed === 0 ? 0 : 1;

/** The tests of `npm test`, as package.json names them. */
function testFiles(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: { test: string };
  };
  return [...scripts.test.matchAll(/'([^']+)'/g)].map(([, pattern]) => pattern!);
}

/** The running Node if it is of the right line, else npm's package of Node. */
async function nodeOf({ node }: Line): Promise<string> {
  if (node === runningMajor) return process.execPath;
  const folder = await installed('node', `node-${node}`, async (into) => {
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefix', into, `node@${node}`]);
  });
  return `${folder}/node_modules/node/bin/node`;
}

function tests({ folder, node, env }: Project): Promise<number> {
  const mocha = ['node_modules/mocha/bin/mocha.js', '--reporter', 'dot', ...testFiles()];
  const child = spawn(node, mocha, {
    cwd: folder,
    stdio: 'inherit',
    env,
  });
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}
