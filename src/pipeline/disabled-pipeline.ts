import { HeapCells } from '../../bridges/cells/heap-cells.js';
import type { Ledger } from '../../exporters/delivery/ledger.js';
import { emptyLedger } from './ledger-sum.js';
import type { Pipeline } from './pipeline.js';

/** The way out of a `Metrics` that is not enabled: takes nothing, connects to nothing. */
export class DisabledPipeline implements Pipeline {
  readonly cells = new HeapCells();
  readonly individual = false;
  readonly refusal = 'disabled';

  wake(): boolean {
    return false;
  }

  emit(): boolean {
    return true;
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}

  ledger(): Ledger {
    return emptyLedger();
  }
}
