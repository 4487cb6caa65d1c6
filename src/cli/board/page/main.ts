import type { BoardData, CellsData, SourceState } from '../protocol.js';
import { Cards } from './cards.js';
import { find, setText } from './dom.js';
import { showEmpty } from './empty.js';
import { Events } from './events.js';
import { countText } from './format.js';
import { History } from './history.js';
import { Poll } from './poll.js';
import { Processes } from './processes.js';
import { Status } from './status.js';
import { startTheme } from './theme.js';
import { Tools } from './tools.js';

const DATA_EVERY_MS = 2_000;
const CELLS_EVERY_MS = 1_000;

const history = new History();
const status = new Status();
const events = new Events();
const processes = new Processes();
let source: SourceState = { state: 'loading', read: 0, ranges: [] };

const restart = (): void => {
  history.revision = 0;
  data.now();
};
const cards = new Cards(restart);
const tools = new Tools(restart, show);

const data = new Poll<BoardData>(
  DATA_EVERY_MS,
  () => {
    const parameters = new URLSearchParams(cards.parameters());
    if (tools.range !== undefined) parameters.set('range', tools.range);
    if (history.revision > 0) {
      parameters.set('epoch', history.epoch);
      parameters.set('revision', String(history.revision));
    }
    return `/data?${parameters}`;
  },
  (answer) => {
    source = answer.source;
    tools.offer(source.ranges);
    history.take(answer);
    status.show(source);
    show();
    // The beginning is shown while the rest is read.
    return source.state === 'loading' ? 300 : undefined;
  },
  () => status.gone(),
);
const cells = new Poll<CellsData>(
  CELLS_EVERY_MS,
  () => '/cells',
  (answer) => {
    processes.show(answer);
    return undefined;
  },
  () => {},
);

function show(): void {
  const found = cards.show(history, tools.filter);
  events.show(history, tools.filter);
  showEmpty(source, history, found, tools.filter);
  const note = find('hidden-series');
  note.hidden = history.hidden === 0;
  setText(
    note,
    `${countText(history.hidden)} reports are not shown: there are more than 5,000 series.`,
  );
}

startTheme(() => cards.redraw());
data.now();
cells.now();
