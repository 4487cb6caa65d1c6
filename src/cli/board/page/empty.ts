import type { SourceState } from '../protocol.js';
import { find, make } from './dom.js';
import type { History } from './history.js';

const EXAMPLE = `import { Metrics } from 'kaneda-otel';
import { LoggerExporter } from 'kaneda-otel/exporters/logger';

const metrics = new Metrics({ backend: new LoggerExporter({ filename: 'metrics.log' }) });
metrics.increment('user.signup', { plan: 'free' });`;

let shown = '';

/** Says why there is no chart, and what to do. */
export function showEmpty(
  source: SourceState,
  { metrics, events }: History,
  found: number,
  filter: string,
): void {
  const nothing = found === 0 && (filter !== '' || events.length === 0);
  const reason = !nothing ? '' : reasonOf(source, metrics.size, filter);
  if (reason === shown) return;
  shown = reason;
  const box = find('empty');
  box.hidden = reason === '';
  box.replaceChildren();
  if (reason === 'filter')
    box.append(
      make('h2', '', 'No metric has such a name'),
      make('p', '', 'Change the filter, or empty it with Escape.'),
    );
  if (reason === 'none')
    box.append(
      make('h2', '', 'No store to read from'),
      make('p', '', source.problem ?? ''),
      make(
        'p',
        '',
        'Start it with a log file, ',
        make('code', '', 'kaneda board metrics.log'),
        ', which a program writes like this:',
      ),
      make('pre', '', EXAMPLE),
    );
  if (reason === 'live')
    box.append(
      make('h2', '', 'Nothing was recorded in this time'),
      make(
        'p',
        '',
        'Choose a longer time above, or record something: it appears here once it is stored, within seconds.',
      ),
      make('pre', '', EXAMPLE),
    );
  if (reason === 'loading') box.append(make('h2', '', 'Reading …'));
}

function reasonOf({ state }: SourceState, metrics: number, filter: string): string {
  if (metrics > 0 && filter !== '') return 'filter';
  return state === 'failing' ? '' : state;
}
