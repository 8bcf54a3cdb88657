import type uPlot from 'uplot';

import type { IColours } from './colours';
import { element, setText } from './elements';
import { figure, withInterval } from './format';
import { beside, fits, spread } from './placing';
import { axes, Plot } from './plot';
import type { IIterations, IMetric } from './run';

const HEIGHT = 216;
/** Widths of the chart, in pixels, below which the labels at the ends of the curves are shortened. */
const NARROW = 440;
const MOST_MARKED = 60;

/** A metric over the iterations: train and validation with intervals, baselines, the best one starred. */
export class MetricChart {
  constructor(
    private readonly _colours: () => IColours,
    private readonly _jump: (cell: string) => void,
  ) {
    this.node.append(this._canvas, this._tip);
    this._canvas.addEventListener('keydown', event => {
      this._onKey(event);
    });
    this._canvas.addEventListener('click', () => {
      this._go();
    });
    this._canvas.addEventListener('blur', () => {
      this._point(null);
    });
  }

  readonly node = element('div', { class: 'agd-chart' });
  private readonly _canvas = element('div', { class: 'agd-canvas', role: 'img', tabindex: '0' });
  readonly plot = new Plot(this._canvas, () => this._options(), 200, 480);

  update(iterations: IIterations, metric: IMetric): void {
    this._iterations = iterations;
    this._metric = metric;
    this._places = metric.value.flatMap((value, i) => (value === null ? [] : [i]));
    const at = (values: readonly (number | null)[]): (number | null)[] =>
      this._places.map(i => values[i] ?? null);
    const data: uPlot.AlignedData = [
      this._places.map(i => iterations.rows[i]?.number ?? i),
      at(metric.train),
      at(metric.value),
      at(metric.low),
      at(metric.high),
    ];
    this._canvas.setAttribute('aria-label', this._inWords());
    if (this.plot.drawn !== null) {
      this._setWidths(this.plot.drawn);
    }
    this.plot.update(data);
  }

  private _setWidths(plot: uPlot): void {
    for (const curve of [plot.series[1], plot.series[2]]) {
      if (curve !== undefined) {
        curve.width = this._isCrowded ? 1 : 2;
      }
    }
  }

  /** Whether there are too many iterations to mark each of them. */
  private get _isCrowded(): boolean {
    return this._places.length > MOST_MARKED;
  }

  private _options(): Omit<uPlot.Options, 'width'> {
    const hidden = (): uPlot.Series => ({ stroke: 'transparent', points: { show: false } });
    return {
      height: HEIGHT,
      padding: [12, () => (this.plot.width < NARROW ? 76 : 118), 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
      scales: {
        x: { time: false, range: () => this._span() },
        y: { range: (_, low, high) => this._range(low, high) },
      },
      axes: axes(this._colours, '11.5px', 26),
      series: [
        {},
        {
          stroke: () => this._colours().train,
          width: this._isCrowded ? 1 : 2,
          dash: [6, 4],
          points: { show: false },
        },
        { stroke: () => this._colours().validation, width: this._isCrowded ? 1 : 2, points: { show: false } },
        hidden(),
        hidden(),
      ],
      bands: [{ series: [4, 3], fill: () => `${this._colours().validation}22` }],
      hooks: {
        draw: [
          plot => {
            this._drawMarks(plot);
          },
        ],
        setCursor: [
          plot => {
            this._point(plot.cursor.idx ?? null);
          },
        ],
      },
    };
  }

  /** From the first iteration to the last; of a single one uPlot would make a range of its own. */
  private _span(): [number, number] {
    const number = (place: number | undefined): number =>
      place === undefined ? 0 : (this._iterations?.rows[place]?.number ?? place);
    const [first, last] = [number(this._places[0]), number(this._places.at(-1))];
    return [first - 0.4, Math.max(last, first + 1) + 0.4];
  }

  private _range(low: number, high: number): [number, number] {
    let [from, to] = [low, high];
    for (const baseline of this._metric?.baselines ?? []) {
      if (fits(baseline.value, low, high)) {
        from = Math.min(from, baseline.value);
        to = Math.max(to, baseline.value);
      }
    }
    const pad = Math.max((to - from) * 0.08, Math.abs(to) * 0.002, 1e-6);
    return [from - pad, to + pad];
  }

  private _drawMarks(plot: uPlot): void {
    const { ctx } = plot;
    const metric = this._metric;
    const scale = devicePixelRatio;
    if (metric === null || this._places.length === 0) {
      return;
    }
    const colours = this._colours();
    const x = (place: number): number =>
      plot.valToPos(this._iterations?.rows[place]?.number ?? place, 'x', true);
    const y = (value: number): number => plot.valToPos(value, 'y', true);
    ctx.save();
    if (this._isCrowded) {
      this._drawBestSoFar(plot, colours, x, y);
    }
    this._drawBaselines(plot, colours, y);
    for (const place of this._places) {
      const [value, train] = [metric.value[place] ?? null, metric.train[place] ?? null];
      const [low, high] = [metric.low[place] ?? null, metric.high[place] ?? null];
      const best = this._iterations?.rows[place]?.number === this._iterations?.best;
      if (this._isCrowded && !best) {
        continue;
      }
      if (low !== null && high !== null) {
        ctx.strokeStyle = colours.validation;
        ctx.lineWidth = 1.4 * scale;
        ctx.beginPath();
        ctx.moveTo(x(place), y(low));
        ctx.lineTo(x(place), y(high));
        ctx.stroke();
      }
      if (train !== null) {
        ctx.fillStyle = colours.train;
        const half = 3.2 * scale;
        ctx.fillRect(x(place) - half, y(train) - half, 2 * half, 2 * half);
      }
      if (value !== null) {
        ctx.fillStyle = colours.validation;
        ctx.beginPath();
        if (best) {
          star(ctx, x(place), y(value), 8 * scale);
          ctx.strokeStyle = colours.background;
          ctx.lineWidth = 1.5 * scale;
          ctx.stroke();
        } else {
          ctx.arc(x(place), y(value), 4 * scale, 0, 2 * Math.PI);
        }
        ctx.fill();
      }
    }
    this._drawEnds(plot, colours, y);
    ctx.restore();
  }

  /** Where single iterations can no longer be told apart, how the best one moved says more than each of them. */
  private _drawBestSoFar(
    plot: uPlot,
    colours: IColours,
    x: (place: number) => number,
    y: (value: number) => number,
  ): void {
    const { ctx } = plot;
    const metric = this._metric;
    const best = bestSoFar(
      this._places.map(place => metric?.value[place] ?? 0),
      metric?.greaterIsBetter !== false,
    );
    ctx.strokeStyle = colours.text;
    ctx.lineWidth = 1.4 * devicePixelRatio;
    ctx.beginPath();
    this._places.forEach((place, i) => {
      if (i > 0) {
        ctx.lineTo(x(place), y(best[i - 1] ?? 0));
      }
      ctx.lineTo(x(place), y(best[i] ?? 0));
    });
    ctx.stroke();
  }

  private _drawBaselines(plot: uPlot, colours: IColours, y: (value: number) => number): void {
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio;
    const [low, high] = [plot.scales['y']?.min ?? 0, plot.scales['y']?.max ?? 1];
    const shown = (this._metric?.baselines ?? []).filter(each => each.value >= low && each.value <= high);
    const heights = spread(
      shown.map(each => y(each.value) - 5 * scale),
      14 * scale,
      bbox.top + 8 * scale,
      bbox.top + bbox.height - 4 * scale,
    );
    ctx.font = `${11 * scale}px system-ui, sans-serif`;
    ctx.textAlign = 'right';
    shown.forEach((each, i) => {
      ctx.strokeStyle = colours.dim;
      ctx.lineWidth = scale;
      ctx.setLineDash([2 * scale, 3 * scale]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y(each.value));
      ctx.lineTo(bbox.left + bbox.width, y(each.value));
      ctx.stroke();
      ctx.setLineDash([]);
      // A rim in the colour of the page keeps the label apart from a curve that it crosses.
      ctx.strokeStyle = colours.background;
      ctx.lineWidth = 4 * scale;
      ctx.lineJoin = 'round';
      ctx.strokeText(
        `${shortened(each.label, 44)} ${figure(each.value)}`,
        bbox.left + bbox.width - 4 * scale,
        heights[i] ?? 0,
      );
      ctx.fillStyle = colours.dim;
      ctx.fillText(
        `${shortened(each.label, 44)} ${figure(each.value)}`,
        bbox.left + bbox.width - 4 * scale,
        heights[i] ?? 0,
      );
    });
  }

  private _drawEnds(plot: uPlot, colours: IColours, y: (value: number) => number): void {
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio;
    const last = this._places.at(-1) ?? 0;
    const ends = [
      { value: this._metric?.train[last] ?? null, name: 'train', colour: colours.train, bold: false },
      {
        value: this._metric?.value[last] ?? null,
        name: this.plot.width < NARROW ? 'valid.' : 'validation',
        colour: colours.validation,
        bold: true,
      },
    ].filter(end => end.value !== null);
    const heights = spread(
      ends.map(end => y(end.value ?? 0)),
      15 * scale,
      bbox.top,
      bbox.top + bbox.height,
    );
    ctx.textAlign = 'left';
    ends.forEach((end, i) => {
      ctx.font = `${end.bold ? '600 ' : ''}${11.5 * scale}px system-ui, sans-serif`;
      ctx.fillStyle = end.colour;
      ctx.fillText(
        `${end.name} ${figure(end.value)}`,
        bbox.left + bbox.width + 6 * scale,
        (heights[i] ?? 0) + 4 * scale,
      );
    });
  }

  /** Show what one iteration is, at its place. */
  private _point(index: number | null): void {
    const place = index === null ? undefined : this._places[index];
    const row = place === undefined ? undefined : this._iterations?.rows[place];
    this._pointed = row === undefined ? null : index;
    this._tip.hidden = row === undefined;
    if (row === undefined || place === undefined || this.plot.drawn === null || this._metric === null) {
      return;
    }
    const metric = this._metric;
    const parent = this._iterations?.rows.findIndex(each => each.number === row.parent) ?? -1;
    const before = parent < 0 ? null : (metric.value[parent] ?? null);
    const now = metric.value[place] ?? null;
    const lines = [
      `Iteration ${row.number}${row.number === this._iterations?.best ? ' ★' : ''} · ${row.idea}`,
      `train ${figure(metric.train[place])} · validation ${withInterval(now, metric.low[place], metric.high[place])}`,
    ];
    if (before !== null && now !== null) {
      const change = now - before;
      lines.push(`${change >= 0 ? '+' : ''}${figure(change)} against iteration ${String(row.parent)}`);
    }
    setText(this._tip, lines.join('\n'));
    const left = this.plot.drawn.valToPos(row.number, 'x') + this.plot.drawn.bbox.left / devicePixelRatio;
    this._tip.style.left = `${beside(left, this._tip.offsetWidth, this.plot.width)}px`;
  }

  private _onKey(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      event.stopPropagation();
      this._tip.setAttribute('aria-live', 'polite');
      const from = this._pointed ?? (step > 0 ? -1 : this._places.length);
      this._point(Math.min(Math.max(0, from + step), this._places.length - 1));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      event.stopPropagation();
      this._go();
    }
  }

  private _go(): void {
    const place = this._pointed === null ? undefined : this._places[this._pointed];
    const cell = place === undefined ? null : (this._iterations?.rows[place]?.cell ?? null);
    if (cell !== null) {
      this._jump(cell);
    }
  }

  private _inWords(): string {
    const metric = this._metric;
    if (metric === null || this._iterations === null) {
      return '';
    }
    const best = this._iterations.best;
    const told = this._places.filter(
      (place, i) =>
        this._places.length <= 12 ||
        i === 0 ||
        i === this._places.length - 1 ||
        this._iterations?.rows[place]?.number === best,
    );
    const parts = told.map(
      place =>
        `iteration ${String(this._iterations?.rows[place]?.number)}: train ${figure(metric.train[place])}, ` +
        `validation ${figure(metric.value[place])}`,
    );
    return `${metric.label} by iteration. ${parts.join('; ')}. Arrow keys go through them, Enter goes to the cells.`;
  }

  private _iterations: IIterations | null = null;
  private _metric: IMetric | null = null;
  private _places: number[] = [];
  private _pointed: number | null = null;
  private readonly _tip = element('div', { class: 'agd-tip', hidden: '' });
}

/** Return the best value up to each place. */
export function bestSoFar(values: readonly number[], greaterIsBetter: boolean): number[] {
  let best = greaterIsBetter ? -Infinity : Infinity;
  return values.map(value => (best = greaterIsBetter ? Math.max(best, value) : Math.min(best, value)));
}

function star(ctx: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  for (let i = 0; i < 10; i++) {
    const [angle, reach] = [(Math.PI * i) / 5 - Math.PI / 2, i % 2 === 0 ? radius : radius * 0.45];
    ctx.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  ctx.closePath();
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
