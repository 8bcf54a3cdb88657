import { Asking, type IChannel } from './asking';
import { onTheme, readColours, type IColours } from './colours';
import { Controls, Steering } from './controls';
import { DataCard } from './dataCard';
import { button, element, setText, show } from './elements';
import { IterationTable } from './iterationTable';
import { Meters } from './meters';
import { MetricChart } from './metricChart';
import { Progress } from './progress';
import { Reflections } from './reflections';
import {
  readBoard,
  readDataCard,
  readIterations,
  readLoad,
  readReflections,
  readTraining,
  type IBoard,
  type IIterations,
  type IMetric,
} from './run';
import { TrainingChart } from './trainingChart';
import { viewState, type IViewState } from './view';

/** What a host gives: the values of the run, and a channel back. */
export interface IModel extends IChannel {
  get(name: string): unknown;
}

/** A run on the page. */
export class Dashboard {
  constructor(
    private readonly _model: IModel,
    host: HTMLElement,
  ) {
    this._board = readBoard(_model.get('board'));
    this._state = viewState(this._board.run);
    this._asking = new Asking(
      this.node,
      _model,
      () => this._board.run,
      (text, ok) => {
        this._steering.say(text, ok);
      },
    );
    const jump = (cell: string): void => {
      this._asking.jump(cell);
    };
    const colours = (): IColours => this._currentColours();
    this._metrics = new MetricChart(colours, jump);
    this._training = new TrainingChart(colours, this._state);
    this._table = new IterationTable(this._state, jump);
    this._reflections = new Reflections(this._state);
    this._data = new DataCard(this._state);
    this._steering = new Steering(() => this._asking, this._state);
    this._choice.addEventListener('change', () => {
      this._state.metric = this._choice.value;
      this._drawIterations();
    });
    this._build(jump);
    host.append(this.node);
    this._connect();
    this._draw();
    this._steering.restore();
    _model.send({ type: 'seen' });
  }

  readonly node = element('div', { class: 'agentomics-Dashboard', role: 'region' });

  dispose(): void {
    this._steering.remember();
    for (const stop of this._stops) {
      stop();
    }
    this._asking.dispose();
    this._metrics.plot.dispose();
    this._training.plot.dispose();
  }

  private _build(jump: (cell: string) => void): void {
    const current = button(
      'current cell ↓',
      () => {
        if (this._board.currentCell !== null) {
          jump(this._board.currentCell);
        }
      },
      { class: 'agd-link', title: 'Go to the current cell' },
    );
    this.node.append(
      element(
        'header',
        { class: 'agd-row' },
        this._name,
        this._pill,
        current,
        this._facts,
        this._controls.node,
      ),
      this._progress.node,
      this._meters.node,
      this._data.node,
      element(
        'div',
        { class: 'agd-grid' },
        element(
          'div',
          {},
          this._waiting,
          element('div', { class: 'agd-row' }, this._choice, this._heading, this._direction),
          this._metrics.node,
          this._table.node,
          this._steering.node,
        ),
        element('div', {}, this._training.node, this._reflections.node),
      ),
      this._notices,
      this._foot,
    );
  }

  private _connect(): void {
    const on = (name: string, draw: () => void): void => {
      this._model.on(`change:${name}`, draw);
      this._stops.push(() => {
        this._model.off(`change:${name}`, draw);
      });
    };
    on('board', () => {
      this._drawBoard();
    });
    on('load', () => {
      this._drawMeters();
    });
    on('iterations', () => {
      this._drawIterations();
    });
    on('training', () => {
      this._training.update(readTraining(this._model.get('training')));
    });
    on('reflections', () => {
      this._reflections.update(readReflections(this._model.get('reflections')));
    });
    on('dataset', () => {
      this._data.update(readDataCard(this._model.get('dataset')));
    });
    const timer = setInterval(() => {
      this._progress.tick();
      this._meters.tick();
    }, 1000);
    const resized = new ResizeObserver(() => {
      if (this._colours === null) {
        this._metrics.plot.redraw();
        this._training.plot.redraw();
      }
      this._metrics.plot.resize(this._metrics.node.clientWidth);
      this._training.plot.resize(this._training.node.clientWidth);
    });
    resized.observe(this._metrics.node);
    resized.observe(this._training.node);
    this._stops.push(
      () => {
        clearInterval(timer);
        resized.disconnect();
      },
      onTheme(() => {
        this._colours = null;
        this._metrics.plot.redraw();
        this._training.plot.redraw();
      }),
    );
  }

  private _draw(): void {
    this._drawBoard();
    this._drawIterations();
    this._training.update(readTraining(this._model.get('training')));
    this._reflections.update(readReflections(this._model.get('reflections')));
    this._data.update(readDataCard(this._model.get('dataset')));
  }

  private _drawBoard(): void {
    const board = (this._board = readBoard(this._model.get('board')));
    this.node.setAttribute('aria-label', `Run ${board.run}`);
    setText(this._name, board.run);
    setText(this._pill, `${board.mark} ${board.word}`);
    this._pill.className = `agd-pill agd-is-${board.waiting ? 'waiting' : (board.status ?? 'starting')}`;
    const facts = [board.data, `${board.planner} planner`, board.metric, board.meter ?? ''];
    setText(this._facts, facts.filter(part => part !== '').join(' · '));
    this._controls.update(board);
    this._progress.update(board);
    this._steering.update(board);
    this._drawMeters();
    const foot = [`All cells: ${board.path}/log.ipynb`, board.guarded ?? ''];
    setText(this._foot, foot.filter(part => part !== '').join(' · '));
    const notices = [...board.notices];
    if (board.complaint !== null) {
      notices.push({ level: 'info', text: board.complaint });
    }
    const shown = JSON.stringify(notices);
    if (shown !== this._noticesShown) {
      this._noticesShown = shown;
      this._notices.replaceChildren(
        ...notices.map(notice =>
          element(
            'li',
            {
              class: notice.level === 'info' ? 'agd-dim' : notice.level === 'error' ? 'agd-bad' : 'agd-warn',
            },
            notice.level === 'info' ? notice.text : `⚠ ${notice.text}`,
          ),
        ),
      );
    }
  }

  /** Hosts attach a view after it was made; before that no style sheet applies to it. */
  private _currentColours(): IColours {
    const colours = this._colours ?? readColours(this.node);
    this._colours = this.node.isConnected && colours.text !== '' ? colours : null;
    return colours;
  }

  private _drawMeters(): void {
    this._meters.update(this._board, readLoad(this._model.get('load')));
  }

  private _drawIterations(): void {
    const iterations = readIterations(this._model.get('iterations'));
    const metric = this._chosen(iterations);
    this._offer(iterations, metric);
    show(this._metrics.node, metric !== null);
    show(this._waiting, metric === null);
    if (metric !== null) {
      const named = iterations.metrics.length > 1;
      setText(this._heading, named ? 'by iteration' : `${metric.label} by iteration`);
      setText(
        this._direction,
        `${metric.greaterIsBetter ? 'higher' : 'lower'} is better · bars and band: 95 % intervals`,
      );
      this._metrics.plot.resize(this._metrics.node.clientWidth);
      this._metrics.update(iterations, metric);
    }
    this._table.update(iterations, metric);
  }

  private _chosen(iterations: IIterations): IMetric | null {
    const wanted = this._state.metric ?? this._board.metricKey;
    return iterations.metrics.find(each => each.key === wanted) ?? iterations.metrics[0] ?? null;
  }

  private _offer(iterations: IIterations, chosen: IMetric | null): void {
    const keys = iterations.metrics.map(each => each.key).join();
    if (keys !== this._offered) {
      this._offered = keys;
      this._choice.replaceChildren(
        ...iterations.metrics.map(each => element('option', { value: each.key }, each.label)),
      );
    }
    this._choice.value = chosen?.key ?? '';
    show(this._choice, iterations.metrics.length > 1);
    show(this._heading, chosen !== null);
    show(this._direction, chosen !== null);
  }

  private _board: IBoard;
  private _colours: IColours | null = null;
  private _offered = '';
  private _noticesShown = '';
  private readonly _state: IViewState;
  private readonly _asking: Asking;
  private readonly _stops: (() => void)[] = [];
  private readonly _controls = new Controls(() => this._asking);
  private readonly _progress = new Progress();
  private readonly _meters = new Meters();
  private readonly _metrics: MetricChart;
  private readonly _training: TrainingChart;
  private readonly _table: IterationTable;
  private readonly _reflections: Reflections;
  private readonly _data: DataCard;
  private readonly _steering: Steering;
  private readonly _name = element('strong', { class: 'agd-name' });
  private readonly _pill = element('span', { class: 'agd-pill' });
  private readonly _facts = element('span', { class: 'agd-dim agd-facts' });
  private readonly _heading = element('h3');
  private readonly _direction = element('span', { class: 'agd-dim' });
  private readonly _choice = element('select', { 'aria-label': 'Which metric' });
  private readonly _waiting = element(
    'p',
    { class: 'agd-dim agd-empty' },
    'The curve begins when the first iteration has been scored.',
  );
  private readonly _foot = element('div', { class: 'agd-dim agd-foot' });
  private readonly _notices = element('ul', { class: 'agd-notices' });
}
