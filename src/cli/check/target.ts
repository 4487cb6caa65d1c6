import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { withoutSecrets } from '../../../exporters/diagnostics/secrets.js';
import type { ReportExporter } from '../../../exporters/report-exporter.js';
import { newId } from '../../../exporters/reports/ids.js';
import { ownHost } from '../../../exporters/reports/own-host.js';
import type { Report } from '../../../exporters/reports/report.js';
import { keepProcessAliveFor } from '../../../exporters/timing/keep-alive.js';
import { sleep } from '../../../exporters/timing/sleep.js';
import { withTimeout } from '../../../exporters/timing/with-timeout.js';

/** Codes of problems that the check itself explains. */
const FAULT_CODES = new Set([
  'KANEDA_OUTAGE',
  'KANEDA_IMPROPERLY_CONFIGURED',
  'KANEDA_REJECTED',
  'KANEDA_RECOVERED',
]);

/** The result of the check of one store or queue. */
export interface Checked {
  /** `BACKEND` or `QUEUE`. */
  readonly name: string;
  /** Which one: `elasticsearch`, or the module of the user's own. */
  readonly target: string;
  /** The address, without secrets; missing if the target cannot be made or has no address. */
  address?: string;
  ok: boolean;
  /** The steps that were done; the last one can have failed. */
  readonly steps: string[];
  /** The remedy. */
  remedy?: string;
  readonly remarks: string[];
}

/** Milliseconds that each step may take. */
const STEP_TIMEOUT_MS = 10_000;
/** A store may show what it has taken a little later: Elasticsearch within its refresh interval. */
const ATTEMPTS = 5;
const PAUSE_MS = 500;

/** The way a store or queue is tried. */
export interface Trial {
  /** First creates what the store needs. */
  readonly setup: boolean;
  /** Writes a report and reads it back; else the store is only asked. */
  readonly write: boolean;
}

/** Makes the store or queue as the application would and tries it. Never rejects. */
export async function checkTarget(
  name: string,
  target: string,
  make: () => ReportExporter,
  trial: Trial,
): Promise<Checked> {
  const checked: Checked = { name, target, ok: false, steps: [], remarks: [] };
  let exporter: ReportExporter | undefined;
  try {
    exporter = make();
    if (exporter.target !== undefined) checked.address = exporter.target;
    // A fault is printed as the check's remedy; anything else that is told is worth a remark.
    exporter[INTERNALS].attach({
      onProblem: ({ code, message }) => {
        if (!FAULT_CODES.has(code)) checked.remarks.push(message);
      },
    });
    await keepProcessAliveFor(tryOut(exporter, checked, trial));
  } catch (error) {
    checked.ok = false;
    checked.remedy = withoutSecrets(error instanceof Error ? error.message : String(error));
    if (checked.steps.length === 0) checked.steps.push('cannot be made');
  } finally {
    await exporter?.shutdown({ timeout: 1_000 });
  }
  return checked;
}

async function tryOut(exporter: ReportExporter, checked: Checked, trial: Trial): Promise<void> {
  if (trial.setup) {
    checked.steps.push('not set up');
    await withTimeout(STEP_TIMEOUT_MS, [], (signal) => exporter[INTERNALS].setup({ signal }));
    checked.steps[0] = 'set up';
  }
  if (trial.write) await writeOne(exporter, checked);
  else await lookAt(exporter, checked);
}

async function lookAt(exporter: ReportExporter, checked: Checked): Promise<void> {
  checked.steps.push('not reached');
  const remarks = await withTimeout(STEP_TIMEOUT_MS, [], (signal) =>
    exporter[INTERNALS].look({ signal }),
  );
  checked.steps.splice(-1, 1, 'reached', 'nothing written');
  checked.remarks.push(...remarks);
  checked.ok = true;
}

async function writeOne(exporter: ReportExporter, checked: Checked): Promise<void> {
  const report: Report = {
    id: newId(),
    name: 'kaneda.check',
    metric: 'event',
    value: 'kaneda check',
    timestamp: new Date(),
    host: ownHost(),
  };
  const [outcome] = await withTimeout(STEP_TIMEOUT_MS, [], (signal) =>
    exporter[INTERNALS].deliver([report], { signal }),
  );
  if (outcome !== 'stored') {
    checked.steps.push(outcome === 'retry' ? 'not reached' : 'a report was refused');
    checked.remedy =
      (typeof outcome === 'object' ? outcome.rejected : exporter.fault?.message) ??
      'no answer in time: is it running?';
    return;
  }
  checked.steps.push('reached', 'one report written');
  await readBack(exporter, report, checked);
}

async function readBack(exporter: ReportExporter, report: Report, checked: Checked): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { found, remarks } = await withTimeout(STEP_TIMEOUT_MS, [], (signal) =>
      exporter[INTERNALS].examine(report, { signal }),
    );
    if (found === false && attempt < ATTEMPTS) {
      await sleep(PAUSE_MS);
      continue;
    }
    checked.remarks.push(...remarks);
    checked.ok = found !== false;
    if (found !== undefined) checked.steps.push(found ? 'read back' : 'not found again');
    if (found === false)
      checked.remedy =
        'it was acknowledged, but cannot be read back: check that this account may read, and that no pipeline or rule drops it';
    return;
  }
}
