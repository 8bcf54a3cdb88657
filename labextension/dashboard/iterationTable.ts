import { button, element } from './elements';
import { figure, interval } from './format';
import type { IIteration, IIterations, IMetric } from './run';
import type { IViewState } from './view';

const SHOWN = 30;

interface IColumn {
  readonly name: string;
  readonly label: string;
  readonly of: (row: IIteration, place: number, metric: IMetric | null) => number | string | null;
}

const COLUMNS: readonly IColumn[] = [
  { name: 'number', label: '#', of: row => row.number },
  { name: 'idea', label: 'idea', of: row => row.idea },
  { name: 'train', label: 'train', of: (_, i, metric) => metric?.train[i] ?? null },
  { name: 'value', label: 'validation', of: (_, i, metric) => metric?.value[i] ?? null },
  { name: 'gap', label: 'gap', of: (_, i, metric) => gap(metric, i) },
  { name: 'seconds', label: 'seconds', of: row => row.seconds },
];

/** The iterations as a table: sortable, with what each one is and how it differs from the one it builds on. */
export class IterationTable {
  constructor(
    private readonly _state: IViewState,
    private readonly _jump: (cell: string) => void,
  ) {
    const head = element('tr');
    for (const column of COLUMNS) {
      const sorter = button(column.label, () => {
        const { sort } = this._state;
        const same = sort.column === column.name;
        this._state.sort = { column: column.name, descending: same ? !sort.descending : true };
        this._draw();
      });
      const cell = element('th', { scope: 'col', class: `agd-${column.name}` }, sorter);
      this._heads.set(column.name, cell);
      head.append(cell);
    }
    this.node.append(element('table', {}, element('thead', {}, head), this._body), this._more);
  }

  readonly node = element('div', { class: 'agd-table' });

  update(iterations: IIterations, metric: IMetric | null): void {
    this._iterations = iterations;
    this._metric = metric;
    this._draw();
  }

  private _draw(): void {
    const iterations = this._iterations;
    if (iterations === null) {
      return;
    }
    const { column, descending } = this._state.sort;
    for (const [name, head] of this._heads) {
      if (name === column) {
        head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      } else {
        head.removeAttribute('aria-sort');
      }
    }
    const places = sorted(iterations, this._metric, column, descending);
    const most = this._state.all ? places.length : SHOWN;
    const shown = places.filter((place, i) => i < most || iterations.rows[place]?.number === iterations.best);
    const rows = shown.flatMap(place => this._rows(iterations, place));
    const before = [...this._body.children];
    if (rows.length !== before.length || rows.some((row, i) => row !== before[i])) {
      this._body.replaceChildren(...rows);
    }
    this.node.hidden = places.length === 0;
    this._more.hidden = places.length <= SHOWN;
    this._more.textContent = this._state.all ? `Show the first ${SHOWN}` : `Show all ${places.length}`;
  }

  /** Return the rows of one iteration, those of the last drawing if nothing in them has changed. */
  private _rows(iterations: IIterations, place: number): HTMLTableRowElement[] {
    const row = iterations.rows[place];
    if (row === undefined) {
      return [];
    }
    const metric = this._metric;
    const best = row.number === iterations.best;
    const key = `iteration ${row.number}`;
    const open = this._state.open.has(key);
    const scores = [metric?.train[place], metric?.value[place], metric?.low[place], metric?.high[place]];
    const shown = JSON.stringify([row, best, open, scores]);
    const known = this._made.get(row.number);
    if (known?.shown === shown) {
      return known.rows;
    }
    const made = element(
      'tr',
      { class: best ? 'agd-best' : null },
      element(
        'td',
        {},
        best ? element('span', { 'aria-label': 'best so far', role: 'img' }, '★') : null,
        ' ',
        this._link(row),
      ),
      element('td', { class: 'agd-idea' }, this._idea(row, key, open)),
      element('td', {}, figure(metric?.train[place])),
      element(
        'td',
        {},
        figure(metric?.value[place]),
        element('span', { class: 'agd-interval' }, interval(metric?.low[place], metric?.high[place])),
      ),
      element('td', {}, figure(gap(metric, place))),
      element('td', {}, row.seconds === null ? '…' : row.seconds.toFixed(0)),
    );
    const rows = open ? [made, details(row)] : [made];
    this._made.set(row.number, { shown, rows });
    return rows;
  }

  private _link(row: IIteration): HTMLElement {
    const { cell } = row;
    if (cell === null) {
      return element('span', {}, String(row.number));
    }
    return button(
      String(row.number),
      () => {
        this._jump(cell);
      },
      {
        class: 'agd-link',
        title: 'Go to its cells',
        'aria-label': `Go to the cells of iteration ${row.number}`,
      },
    );
  }

  private _idea(row: IIteration, key: string, open: boolean): HTMLElement {
    const made = button(
      `${open ? '▾' : '▸'} ${row.idea === '' ? '…' : row.idea}`,
      () => {
        this._state.open[open ? 'delete' : 'add'](key);
        this._draw();
        const again = this._made.get(row.number)?.rows[0]?.querySelector('.agd-idea button');
        if (again instanceof HTMLElement) {
          again.focus();
        }
      },
      { class: 'agd-unfold', 'aria-expanded': String(open) },
    );
    const word =
      row.status === 'running'
        ? element('span', { class: 'agd-dim' }, ' at work')
        : row.status === 'failed' || row.status === 'skipped'
          ? element('span', { class: 'agd-warn' }, ` ⚠ ${row.status}: ${firstLine(row.reason)}`)
          : null;
    return element('span', {}, made, word);
  }

  private _iterations: IIterations | null = null;
  private _metric: IMetric | null = null;
  private readonly _heads = new Map<string, HTMLElement>();
  private readonly _made = new Map<number, { shown: string; rows: HTMLTableRowElement[] }>();
  private readonly _body = element('tbody');
  private readonly _more = button(
    '',
    () => {
      this._state.all = !this._state.all;
      this._draw();
    },
    { class: 'agd-more', hidden: '' },
  );
}

/** Return the places of the iterations in the order that a person chose; what has no value comes last. */
export function sorted(
  iterations: IIterations,
  metric: IMetric | null,
  name: string,
  descending: boolean,
): number[] {
  const column = COLUMNS.find(each => each.name === name);
  const values = iterations.rows.map((row, i) => column?.of(row, i, metric) ?? null);
  const sign = descending ? -1 : 1;
  return iterations.rows
    .map((_, i) => i)
    .sort((a, b) => {
      const [x, y] = [values[a] ?? null, values[b] ?? null];
      if (x === null || y === null) {
        return x === y ? a - b : x === null ? 1 : -1;
      }
      if (typeof x === 'string' || typeof y === 'string') {
        return sign * String(x).localeCompare(String(y));
      }
      return sign * (x - y);
    });
}

function gap(metric: IMetric | null, place: number): number | null {
  const [train, value] = [metric?.train[place] ?? null, metric?.value[place] ?? null];
  return train === null || value === null ? null : train - value;
}

function details(row: IIteration): HTMLTableRowElement {
  const facts: [string, string][] = [
    ['sees', row.representation],
    ['model', row.model],
    ['against its parent', row.changes],
    ['files', row.files],
  ];
  return element(
    'tr',
    { class: 'agd-details' },
    element('td'),
    element(
      'td',
      { colspan: '5' },
      element(
        'dl',
        {},
        ...facts
          .filter(([, value]) => value !== '')
          .flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
      ),
    ),
  );
}

function firstLine(text: string | null): string {
  return ((text ?? '').trim().split('\n')[0] ?? '').slice(0, 200);
}
