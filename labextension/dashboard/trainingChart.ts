import type uPlot from 'uplot';

import type { IColours } from './colours';
import { element, setText, show } from './elements';
import { figure } from './format';
import { axes, Plot } from './plot';
import type { ITraining } from './run';
import type { IViewState } from './view';

const HEIGHT = 128;

/** Loss, or a metric, while a model is trained: train and held-out rows. */
export class TrainingChart {
  constructor(
    private readonly _colours: () => IColours,
    private readonly _state: IViewState,
  ) {
    this._choice.addEventListener('change', () => {
      this._state.series = this._choice.value;
      this._draw();
    });
    this.node.append(
      element('div', { class: 'agd-row' }, this._title, this._choice, this._where),
      this._canvas,
      element('div', { class: 'agd-keys', 'aria-hidden': 'true' }, ...this._keys),
    );
    show(this.node, false);
  }

  readonly node = element('section', { class: 'agd-training', 'aria-label': 'Training' });
  private readonly _canvas = element('div', { class: 'agd-canvas', role: 'img' });
  readonly plot = new Plot(this._canvas, () => this._options(), 180, 320);

  update(training: ITraining | null): void {
    this._training = training;
    show(this.node, training !== null && training.x.length > 0);
    this._draw();
  }

  private _draw(): void {
    const training = this._training;
    if (training === null || training.x.length === 0) {
      return;
    }
    const names = [...new Set(training.series.map(series => series.name))];
    const name =
      names.find(each => each === this._state.series) ?? (names.includes('loss') ? 'loss' : names[0]);
    this._offer(names, name ?? '');
    const shown = training.series.filter(series => series.name === name);
    const learned = shown.find(series => series.part === 'train');
    const other = shown.find(series => series.part !== 'train');
    const empty = training.x.map(() => null);
    const data: uPlot.AlignedData = [[...training.x], [...(learned?.y ?? empty)], [...(other?.y ?? empty)]];
    setText(this._title, `${capital(name ?? '')} while iteration ${training.iteration} trains`);
    const at = training.x.at(-1) ?? 0;
    const of = training.total === null ? '' : ` of ${training.total}`;
    const model = training.model === null ? '' : `${training.model} · `;
    setText(this._where, `${model}${training.unit} ${at}${of}`);
    const words = [learned, other].flatMap(series =>
      series === undefined ? [] : [`${series.part} ${figure(series.y.findLast(value => value !== null))}`],
    );
    this._canvas.setAttribute(
      'aria-label',
      `${name ?? ''} at ${training.unit} ${at}${of}: ${words.join(', ')}`,
    );
    [learned, other].forEach((series, i) => {
      const key = this._keys[i];
      if (key !== undefined) {
        show(key, series !== undefined);
        setText(key, words[learned === undefined ? 0 : i] ?? '');
      }
    });
    this.plot.update(data);
  }

  private _offer(names: readonly string[], chosen: string): void {
    if (names.join() !== this._offered) {
      this._offered = names.join();
      this._choice.replaceChildren(...names.map(name => element('option', { value: name }, name)));
    }
    this._choice.value = chosen;
    show(this._choice, names.length > 1);
  }

  private _options(): Omit<uPlot.Options, 'width'> {
    return {
      height: HEIGHT,
      padding: [8, 20, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: {
          time: false,
          range: () => {
            const x = this._training?.x ?? [];
            const [first, last] = [x[0] ?? 0, x.at(-1) ?? 0];
            return [first, Math.max(this._training?.total ?? last, first + 1)];
          },
        },
      },
      axes: axes(this._colours, '11px', 22),
      series: [
        {},
        {
          stroke: () => this._colours().train,
          width: 1.8,
          dash: [6, 4],
          spanGaps: true,
          points: { show: false },
        },
        {
          stroke: () => this._colours().validation,
          width: 1.8,
          spanGaps: true,
          points: { show: false },
        },
      ],
    };
  }

  private _training: ITraining | null = null;
  private _offered = '';
  private readonly _title = element('h3');
  private readonly _where = element('span', { class: 'agd-dim' });
  private readonly _keys = [
    element('span', { class: 'agd-key agd-key-train' }),
    element('span', { class: 'agd-key agd-key-validation' }),
  ];
  private readonly _choice = element('select', { 'aria-label': 'Which training curve' });
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
