import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Server } from '../test/support/servers/server.js';
import type { Answer, Asked } from './outage/application.js';
import { holdings, TARGETS, type Target } from './outage/targets.js';

/*
 * What it costs an application that its store, or its queue's broker, is away for an hour, at 1,000 reports a second. The hour is
 * compressed: as many reports are recorded in fewer minutes, at a steady, higher rate.
 * A queue's broker is a real one, killed or frozen; when it is back everything that was pending must be in it.
 *
 *     npx tsx bench/outage-memory.ts [minutes, default 2] [pattern: 'RQ, killed'] [reports, default 3,600,000]
 */
const MIB = 1_048_576;
const BOUND = 64 * MIB;
const ALLOWANCE = 64 * MIB;
const OUTAGE = Number(process.argv[2] ?? 2) * 60_000;
const WANTED = new RegExp(process.argv[3] ?? '');
const REPORTS = Number(process.argv[4] ?? 60 * 60 * 1_000);
/** Milliseconds at the same rate before, with the broker there: what is measured then is what to compare with. */
const BEFORE = 10_000;
const APPLICATION = fileURLToPath(new URL('outage/application.ts', import.meta.url));

console.log(
  `${number(REPORTS)} reports in ${OUTAGE / 60_000} minutes of outage, ${number((REPORTS / OUTAGE) * 1_000)}/s; outbox ${BOUND / MIB} MB`,
);
for (const [name, target] of Object.entries(TARGETS)) {
  for (const how of target.broker === undefined
    ? (['gone'] as const)
    : (['killed', 'frozen'] as const)) {
    if (WANTED.test(`${name}, ${how}`)) await outage(`${name}, ${how}`, target, how);
  }
}

async function outage(
  name: string,
  target: Target,
  how: 'gone' | 'killed' | 'frozen',
): Promise<void> {
  const broker = await target.broker?.start();
  const application = run(target, broker?.url ?? '');
  try {
    await once(application, 'message');
    const earlier = broker === undefined ? 0 : Math.round((REPORTS * BEFORE) / OUTAGE);
    const before = await ask(application, { record: earlier, within: BEFORE });
    const { used } = broker === undefined ? before : await ask(application, 'drain');
    if (how === 'killed') await broker!.kill();
    if (how === 'frozen') broker!.pause();
    const during = await ask(application, { record: REPORTS, within: OUTAGE });
    say(name, { ...before, used }, during);
    if (broker !== undefined) await afterwards(application, target, broker);
  } finally {
    if (application.connected) application.send('end' satisfies Asked);
    if (application.exitCode === null) await once(application, 'exit');
    broker?.resume();
    await broker?.stop();
  }
}

/** The broker is back: what arrives there is counted there. */
async function afterwards(
  application: ChildProcess,
  { broker: kind }: Target,
  broker: Server,
): Promise<void> {
  broker.resume();
  await broker.start();
  const { ledger, longest, milliseconds } = await ask(application, 'drain');
  const { accepted, stored, pending } = ledger;
  const [dropped, rejected] = [total(ledger.dropped), total(ledger.rejected)];
  const held = await holdings(kind!.queue(broker.url));
  const good = held.reports === stored && accepted === stored + dropped && pending + rejected === 0;
  console.log(
    `  back: ${number(stored)} enqueued, ${number(held.reports)} different ones in the broker (${number(held.again)} of them twice), ` +
      `${number(dropped)} dropped, ${number(accepted)} recorded; drained in ${(milliseconds / 1_000).toFixed(1)} s, ` +
      `longest turn ${turn(longest)}${good ? '' : ' MISSED'}`,
  );
}

function say(
  name: string,
  before: Answer,
  { ledger, rss, used, longest, milliseconds }: Answer,
): void {
  const more = used - before.used;
  console.log(
    `${name} for ${(milliseconds / 60_000).toFixed(1)} minutes: ${number(ledger.pending)} kept, dropped ${JSON.stringify(ledger.dropped)}\n` +
      `  ${mb(more)} MB more in use${more > BOUND + ALLOWANCE ? ' MISSED' : ''}; ` +
      `resident ${mb(rss.before)} MB, at most ${mb(rss.most)} MB (before at most ${mb(before.rss.most)} MB); ` +
      `longest turn of the event loop ${turn(longest)} (before ${turn(before.longest)})`,
  );
}

function run({ module, name, options }: Target, url: string): ChildProcess {
  const given = JSON.stringify({ ...options(url), outbox: { maxBytes: BOUND } });
  return spawn(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', APPLICATION, module, name, given],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
}

async function ask(application: ChildProcess, asked: Asked): Promise<Answer> {
  application.send(asked);
  const [answer] = await Promise.race([
    once(application, 'message'),
    once(application, 'exit').then(([code]) =>
      Promise.reject(new Error(`the application ended with ${code}`)),
    ),
  ]);
  return answer as Answer;
}

function turn({ clock, computed }: Answer['longest']): string {
  return `${computed.toFixed(0)} ms computed, ${clock.toFixed(0)} ms by the clock`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function mb(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
