import { element } from './elements';
import { figure, grouped, percent } from './format';
import type { IDataCard } from './run';
import type { IViewState } from './view';

/** How many columns with gaps the kernel names. */
const MOST_GAPS = 8;

/** What the data are: one line, more when unfolded. */
export class DataCard {
  constructor(private readonly _state: IViewState) {
    this.node.addEventListener('toggle', () => {
      this._state.dataOpen = this.node.open;
    });
  }

  readonly node = element('details', { class: 'agd-data' });

  update(card: IDataCard): void {
    const line = [
      `${grouped(card.rows)} rows × ${grouped(card.columns)} columns`,
      ...card.kinds.slice(0, 4).map(kind => `${grouped(kind.count)} ${kind.kind}`),
      card.missing.length > 0
        ? `gaps in ${card.missing.length}${card.missing.length === MOST_GAPS ? ' or more' : ''} columns`
        : '',
      card.duplicates > 0 ? `${grouped(card.duplicates)} repeated rows` : '',
    ];
    const warnings = card.warnings.length;
    this.node.replaceChildren(
      element(
        'summary',
        {},
        element('strong', {}, 'Data '),
        line.filter(part => part !== '').join(' · '),
        balance(card),
        warnings > 0 ? element('span', { class: 'agd-warn' }, ` ⚠ ${warnings} to mind`) : null,
      ),
      this._details(card),
    );
    this.node.open = this._state.dataOpen;
  }

  private _details(card: IDataCard): HTMLElement {
    const kinds = card.kinds.map(kind => `${grouped(kind.count)} ${kind.kind} (such as ${kind.example})`);
    const target =
      card.classes === null
        ? `${card.task}, ${figure(card.histogram?.edges[0])} to ${figure(card.histogram?.edges.at(-1))}`
        : card.classes.map(each => `${each.label} ${grouped(each.count)}`).join(', ');
    const facts: [string, string][] = [
      ['Target', `${card.target}: ${target}`],
      ['Columns', [...kinds, card.sampled ?? ''].filter(part => part !== '').join(', ')],
      ['Missing', card.missing.map(each => `${each.column} ${percent(each.share)}`).join(', ')],
      ['Split', card.split],
      ...card.warnings.map((warning): [string, string] => ['⚠', warning]),
    ];
    return element(
      'dl',
      {},
      ...facts
        .filter(([, value]) => value !== '')
        .flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    );
  }
}

/** Draw the shares of the classes, or the distribution of a number, as a small bar. */
function balance(card: IDataCard): HTMLElement | null {
  const counts = card.classes?.map(each => each.count) ?? card.histogram?.counts ?? [];
  const most = Math.max(0, ...counts);
  if (most === 0) {
    return null;
  }
  const words =
    card.classes?.map(each => `${each.label} ${grouped(each.count)}`).join(', ') ??
    `distribution of ${card.target}`;
  const classes = card.classes !== null;
  const bars = counts.map((rows, i) => {
    const bar = element('i', { class: `agd-shade-${i % 4}` });
    bar.style.setProperty(
      classes ? 'flex-grow' : 'height',
      classes ? String(rows) : `${(100 * rows) / most}%`,
    );
    return bar;
  });
  return element(
    'span',
    {
      class: classes ? 'agd-balance' : 'agd-histogram',
      role: 'img',
      'aria-label': words,
      title: words,
    },
    ...bars,
  );
}
