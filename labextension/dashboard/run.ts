/** What the kernel tells of a run, typed. Every text in it is untrusted, but for a reflection's `html`. */
import { count, fields, isFields, list, number, numbers, text, textOrNull, type Fields } from './decode';

export interface IScore {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface IStep {
  readonly title: string;
  readonly progress: string;
}

export interface INotice {
  readonly level: string;
  readonly text: string;
}

export interface IBoard {
  readonly run: string;
  readonly data: string;
  readonly planner: string;
  readonly metric: string;
  readonly metricKey: string;
  readonly status: string | null;
  readonly word: string;
  readonly mark: string;
  readonly atWork: boolean;
  readonly waiting: boolean;
  readonly iteration: number | null;
  readonly iterations: number;
  readonly done: number;
  readonly step: string | null;
  readonly steps: readonly IStep[];
  readonly activity: string;
  readonly command: string | null;
  readonly commandStarted: number | null;
  readonly stepStarted: number | null;
  readonly stepExpected: number | null;
  readonly seconds: number;
  readonly now: number;
  readonly ticking: boolean;
  readonly timeLimit: number | null;
  readonly cost: number | null;
  readonly budget: number | null;
  readonly meter: string | null;
  readonly notices: readonly INotice[];
  readonly hints: readonly string[];
  readonly currentCell: string | null;
  readonly path: string;
  readonly guarded: string | null;
  readonly complaint: string | null;
}

export function readBoard(value: unknown): IBoard {
  const from = fields(value);
  return {
    run: text(from['run']),
    data: text(from['data']),
    planner: text(from['planner']),
    metric: text(from['metric']),
    metricKey: text(from['metric_key']),
    status: textOrNull(from['status']),
    word: text(from['word']),
    mark: text(from['mark']),
    atWork: from['at_work'] === true,
    waiting: from['waiting'] === true,
    iteration: number(from['iteration']),
    iterations: count(from['iterations']),
    done: count(from['done']),
    step: textOrNull(from['step']),
    steps: list(from['steps'], step => ({
      title: text(fields(step)['title']),
      progress: text(fields(step)['progress']),
    })),
    activity: text(from['activity']),
    command: textOrNull(from['command']),
    commandStarted: number(from['command_started']),
    stepStarted: number(from['step_started']),
    stepExpected: number(from['step_expected']),
    seconds: count(from['seconds']),
    now: count(from['now']),
    ticking: from['ticking'] === true,
    timeLimit: number(from['time_limit']),
    cost: number(from['cost_usd']),
    budget: number(from['budget']),
    meter: textOrNull(from['meter']),
    notices: list(from['notices'], notice => {
      const [level, words] = list(notice, text);
      return { level: level ?? '', text: words ?? '' };
    }),
    hints: list(from['hints'], text),
    currentCell: textOrNull(from['current_cell']),
    path: text(from['path']),
    guarded: textOrNull(from['guarded']),
    complaint: textOrNull(from['complaint']),
  };
}

export interface IBaseline {
  readonly label: string;
  readonly value: number;
}

export interface IMetric {
  readonly key: string;
  readonly label: string;
  readonly greaterIsBetter: boolean;
  readonly train: readonly (number | null)[];
  readonly value: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly baselines: readonly IBaseline[];
}

export interface IIteration {
  readonly number: number;
  readonly idea: string;
  readonly status: string;
  readonly reason: string | null;
  readonly representation: string;
  readonly model: string;
  readonly parent: number | null;
  readonly changes: string;
  readonly seconds: number | null;
  readonly files: string;
  readonly cell: string | null;
}

export interface IIterations {
  readonly rows: readonly IIteration[];
  readonly best: number | null;
  readonly metrics: readonly IMetric[];
}

export function readIterations(value: unknown): IIterations {
  const from = fields(value);
  const column = <T>(name: string, each: (item: unknown) => T): T[] => list(from[name], each);
  const ideas = column('idea', text);
  const status = column('status', text);
  const reasons = column('reason', textOrNull);
  const representations = column('representation', text);
  const models = column('model', text);
  const parents = column('parent', number);
  const changes = column('changes', text);
  const seconds = column('seconds', number);
  const files = column('files', text);
  const cells = column('cell', textOrNull);
  return {
    rows: column('number', count).map((each, i) => ({
      number: each,
      idea: ideas[i] ?? '',
      status: status[i] ?? '',
      reason: reasons[i] ?? null,
      representation: representations[i] ?? '',
      model: models[i] ?? '',
      parent: parents[i] ?? null,
      changes: changes[i] ?? '',
      seconds: seconds[i] ?? null,
      files: files[i] ?? '',
      cell: cells[i] ?? null,
    })),
    best: number(from['best']),
    metrics: Object.entries(fields(from['metrics'])).map(([key, metric]) => readMetric(key, fields(metric))),
  };
}

function readMetric(key: string, from: Fields): IMetric {
  return {
    key,
    label: text(from['label']),
    greaterIsBetter: from['greater_is_better'] !== false,
    train: numbers(from['train']),
    value: numbers(from['value']),
    low: numbers(from['low']),
    high: numbers(from['high']),
    baselines: list(from['baselines'], baseline => ({
      label: text(fields(baseline)['label']),
      value: count(fields(baseline)['value']),
    })),
  };
}

export interface ISeries {
  readonly name: string;
  readonly part: string;
  readonly y: readonly (number | null)[];
}

export interface ITraining {
  readonly iteration: number;
  readonly unit: string;
  readonly total: number | null;
  readonly x: readonly number[];
  readonly series: readonly ISeries[];
  readonly model: string | null;
}

export function readTraining(value: unknown): ITraining | null {
  if (!isFields(value)) {
    return null;
  }
  return {
    iteration: count(value['iteration']),
    unit: text(value['unit']),
    total: number(value['total']),
    x: list(value['x'], count),
    series: list(value['series'], series => ({
      name: text(fields(series)['name']),
      part: text(fields(series)['part']),
      y: numbers(fields(series)['y']),
    })),
    model: textOrNull(value['network']),
  };
}

export interface IChip {
  readonly code: string;
  readonly tone: string;
  readonly evidence: string;
}

export interface IReflection {
  readonly iteration: number;
  readonly headline: string;
  readonly html: string;
  readonly chips: readonly IChip[];
  readonly nextIdea: string | null;
  readonly next: readonly { readonly step: string; readonly text: string }[];
  readonly writing: boolean;
}

export function readReflections(value: unknown): IReflection[] {
  return list(value, item => {
    const from = fields(item);
    return {
      iteration: count(from['iteration']),
      headline: text(from['headline']),
      html: text(from['html']),
      chips: list(from['chips'], chip => ({
        code: text(fields(chip)['code']),
        tone: text(fields(chip)['tone']),
        evidence: text(fields(chip)['evidence']),
      })),
      nextIdea: textOrNull(from['next_idea']),
      next: list(from['next'], one => ({
        step: text(fields(one)['step']),
        text: text(fields(one)['text']),
      })),
      writing: from['writing'] === true,
    };
  });
}

export interface ICard {
  readonly name: string;
  readonly used: number;
  readonly total: number;
  readonly busy: number | null;
}

export interface ILoad {
  readonly cpu: number | null;
  readonly memoryUsed: number | null;
  readonly memoryTotal: number | null;
  readonly cards: readonly ICard[];
}

export function readLoad(value: unknown): ILoad {
  const from = fields(value);
  return {
    cpu: number(from['cpu']),
    memoryUsed: number(from['memory_used']),
    memoryTotal: number(from['memory_total']),
    cards: list(from['gpus'], card => ({
      name: text(fields(card)['name']),
      used: count(fields(card)['used']),
      total: count(fields(card)['total']),
      busy: number(fields(card)['busy']),
    })),
  };
}

export interface IDataCard {
  readonly rows: number;
  readonly columns: number;
  readonly kinds: readonly {
    readonly kind: string;
    readonly count: number;
    readonly example: string;
  }[];
  readonly target: string;
  readonly task: string;
  readonly classes: readonly { readonly label: string; readonly count: number }[] | null;
  readonly histogram: {
    readonly edges: readonly number[];
    readonly counts: readonly number[];
  } | null;
  readonly missing: readonly { readonly column: string; readonly share: number }[];
  readonly duplicates: number;
  readonly split: string;
  readonly warnings: readonly string[];
  readonly sampled: string | null;
}

export function readDataCard(value: unknown): IDataCard {
  const from = fields(value);
  const histogram = from['histogram'];
  return {
    rows: count(from['rows']),
    columns: count(from['columns']),
    kinds: list(from['kinds'], kind => ({
      kind: text(fields(kind)['kind']),
      count: count(fields(kind)['count']),
      example: text(fields(kind)['example']),
    })),
    target: text(from['target']),
    task: text(from['task']),
    classes: Array.isArray(from['classes'])
      ? list(from['classes'], each => ({
          label: text(fields(each)['label']),
          count: count(fields(each)['count']),
        }))
      : null,
    histogram: isFields(histogram)
      ? { edges: list(histogram['edges'], count), counts: list(histogram['counts'], count) }
      : null,
    missing: list(from['missing'], each => ({
      column: text(fields(each)['column']),
      share: count(fields(each)['share']),
    })),
    duplicates: count(from['duplicates']),
    split: text(from['split']),
    warnings: list(from['warnings'], text),
    sampled: textOrNull(from['sampled']),
  };
}
