import uPlot from 'uplot';

import type { IColours } from './colours';
import { tickLabels } from './format';
import { WHOLE_STEPS } from './placing';

/** A plot in an element: made when there is something to draw, as wide as it is told to be. */
export class Plot {
  constructor(
    private readonly _element: HTMLElement,
    private readonly _options: () => Omit<uPlot.Options, 'width'>,
    private readonly _least: number,
    private _width: number,
  ) {}

  /** Pixels of the page that it takes. */
  get width(): number {
    return this._width;
  }

  /** What draws; null until there is something to draw. */
  get drawn(): uPlot | null {
    return this._plot;
  }

  dispose(): void {
    this._plot?.destroy();
    this._plot = null;
  }

  /** Draw with another width. */
  resize(width: number): void {
    if (width > 0 && Math.abs(width - this._width) > 1) {
      this._width = width;
      this._plot?.setSize({ width, height: this._plot.height });
    }
  }

  /** Draw in other colours. */
  redraw(): void {
    this._plot?.redraw(false, true);
  }

  /** Draw other data. */
  update(data: uPlot.AlignedData): void {
    if (this._plot === null) {
      const options = { ...this._options(), width: Math.max(this._least, this._width) };
      this._plot = new uPlot(options, data, this._element);
    } else {
      this._plot.setData(data);
    }
  }

  private _plot: uPlot | null = null;
}

/** The two axes of all plots: whole numbers below, values at the left. */
export function axes(colours: () => IColours, font: string, below: number): uPlot.Axis[] {
  const common: uPlot.Axis = {
    stroke: () => colours().dim,
    ticks: { show: false },
    font: `${font} system-ui, sans-serif`,
    values: (_, ticks) => tickLabels(ticks),
  };
  return [
    { ...common, grid: { show: false }, incrs: [...WHOLE_STEPS], size: below },
    { ...common, grid: { stroke: () => colours().line, width: 1 }, size: 46 },
  ];
}
