/**
 * What the kernel and this extension say to each other about one run; the other half is
 * `agentomics_nb/views/cells/messages.py`. Everything that arrives passes a guard first.
 */
import type * as nbformat from '@jupyterlab/nbformat';

export const PROTOCOL = 1;
export const TARGET = 'agentomics-nb';
/** Type of our messages on the control channel, which a busy kernel still answers. */
export const CONTROL_MESSAGE = 'agentomics_msg';

/** What the kernel says of a run when it opens the comm, or when asked. */
export interface IGreeting {
  protocol: number;
  version: string;
  run: string;
  /** Beginning of all ids of the run's cells. */
  digest: string;
  /** The cell with the magic. */
  cell: string | null;
  /** Whether the kernel listens on the control channel. */
  control: boolean;
}

/** One change to the outputs of a cell. */
export type OutputChange =
  | { op: 'add'; output: nbformat.IOutput }
  | { op: 'set'; index: number; output: nbformat.IOutput }
  | { op: 'append_text'; index: number; text: string }
  | { op: 'replace_tail'; index: number; keep: number; text: string }
  | { op: 'clear' };

/** `cell.metadata.agentomics`, as far as it is read here. */
export interface ICellMark {
  run: string;
  seq: number;
  iteration: number | null;
  step: string | null;
  role: string;
  planner: string;
  source_sha256: string;
  status: string;
  review: { decision: string; by: string | null } | null;
  /** The person ran the cell: its outputs are theirs. */
  rerun: boolean;
}

/** A cell as nbformat has it. */
export interface ICellContent {
  id: string;
  cell_type: 'code' | 'markdown';
  source: string;
  metadata: Record<string, unknown>;
  outputs: nbformat.IOutput[];
  execution_count: number | null;
}

/** One cell's share of a message: all of it, or what changed. */
export interface ICellEntry {
  id: string;
  cell: ICellContent | null;
  outputs: OutputChange[];
  metadata: Record<string, unknown> | null;
  executionCount: number | null;
}

/** Where a run stands. */
export interface IStanding {
  status: string;
  word: string;
  mark: string;
  alive: boolean;
  iteration: number | null;
  iterations: number;
  step: string | null;
  best: number | null;
  metric: string;
  score: number | null;
  /** The cell that runs now. */
  cell: string | null;
  /** The cell that waits for the person's decision. */
  waiting: string | null;
}

export type Incoming =
  | { type: 'greeting'; client: string; greeting: IGreeting }
  | { type: 'lease'; n: number; holder: string | null }
  | { type: 'cells'; n: number; for: string; cells: ICellEntry[] }
  | { type: 'standing'; n: number; standing: IStanding }
  | { type: 'save'; n: number; for: string }
  | { type: 'ping'; n: number }
  | { type: 'resync'; client: string }
  | { type: 'refused'; client: string; text: string }
  | { type: 'reply'; client: string; request: string; ok: boolean; text: string };

export type Outgoing =
  | { type: 'who' }
  | {
      type: 'hello';
      protocol: number;
      version: string;
      known: Record<string, { status: string; source_sha256: string }>;
    }
  | { type: 'ack'; n: number }
  | { type: 'taken'; gone: string[]; back: string[] }
  | { type: 'take' }
  | { type: 'bye' }
  | { type: 'ask'; request: string; command: string; text?: string; cell?: string };

type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** Return what the kernel says of a run; null if it is of another protocol. */
export function readGreeting(data: unknown): IGreeting | null {
  if (!isFields(data) || typeof data.protocol !== 'number' || typeof data.run !== 'string') {
    return null;
  }
  return {
    protocol: data.protocol,
    version: text(data.version),
    run: data.run,
    digest: text(data.digest),
    cell: textOrNull(data.cell),
    control: data.control === true,
  };
}

/** Return the mark of an agent's cell; null for any other cell. */
export function readMark(data: unknown): ICellMark | null {
  if (!isFields(data) || typeof data.run !== 'string' || typeof data.seq !== 'number') {
    return null;
  }
  const review = data.review;
  return {
    run: data.run,
    seq: data.seq,
    iteration: numberOrNull(data.iteration),
    step: textOrNull(data.step),
    role: text(data.role),
    planner: text(data.planner),
    source_sha256: text(data.source_sha256),
    status: text(data.status),
    review: isFields(review) ? { decision: text(review.decision), by: textOrNull(review.by) } : null,
    rerun: data.rerun === true,
  };
}

function isOutput(value: unknown): value is nbformat.IOutput {
  return isFields(value) && typeof value.output_type === 'string';
}

function readChange(value: unknown): OutputChange | null {
  if (!isFields(value)) {
    return null;
  }
  const { op, index, keep, output } = value;
  if (op === 'clear') {
    return { op };
  }
  if (op === 'add' && isOutput(output)) {
    return { op, output };
  }
  if (op === 'set' && typeof index === 'number' && isOutput(output)) {
    return { op, index, output };
  }
  if (op === 'append_text' && typeof index === 'number') {
    return { op, index, text: text(value.text) };
  }
  if (op === 'replace_tail' && typeof index === 'number' && typeof keep === 'number') {
    return { op, index, keep, text: text(value.text) };
  }
  return null;
}

function readCell(value: unknown): ICellContent | null {
  if (!isFields(value) || typeof value.id !== 'string') {
    return null;
  }
  if (value.cell_type !== 'code' && value.cell_type !== 'markdown') {
    return null;
  }
  return {
    id: value.id,
    cell_type: value.cell_type,
    source: text(value.source),
    metadata: isFields(value.metadata) ? value.metadata : {},
    outputs: Array.isArray(value.outputs) ? value.outputs.filter(isOutput) : [],
    execution_count: numberOrNull(value.execution_count),
  };
}

function readEntry(value: unknown): ICellEntry | null {
  if (!isFields(value) || typeof value.id !== 'string') {
    return null;
  }
  const changes = Array.isArray(value.outputs) ? value.outputs.map(readChange) : [];
  return {
    id: value.id,
    cell: readCell(value.cell),
    outputs: changes.filter(change => change !== null),
    metadata: isFields(value.metadata) ? value.metadata : null,
    executionCount: numberOrNull(value.execution_count),
  };
}

function readStanding(data: Fields): IStanding {
  return {
    status: text(data.status),
    word: text(data.word),
    mark: text(data.mark),
    alive: data.alive === true,
    iteration: numberOrNull(data.iteration),
    iterations: numberOrNull(data.iterations) ?? 0,
    step: textOrNull(data.step),
    best: numberOrNull(data.best),
    metric: text(data.metric),
    score: numberOrNull(data.score),
    cell: textOrNull(data.cell),
    waiting: textOrNull(data.waiting),
  };
}

/** Return a message of the kernel; null for what is none, such as one of a later version. */
export function readIncoming(data: unknown): Incoming | null {
  if (!isFields(data)) {
    return null;
  }
  const n = numberOrNull(data.n) ?? 0;
  const client = text(data.client);
  switch (data.type) {
    case 'greeting': {
      const greeting = readGreeting(data);
      return greeting === null ? null : { type: 'greeting', client, greeting };
    }
    case 'lease':
      return { type: 'lease', n, holder: textOrNull(data.holder) };
    case 'cells': {
      const entries = Array.isArray(data.cells) ? data.cells.map(readEntry) : [];
      return { type: 'cells', n, for: text(data.for), cells: entries.filter(entry => entry !== null) };
    }
    case 'standing':
      return { type: 'standing', n, standing: readStanding(data) };
    case 'save':
      return { type: 'save', n, for: text(data.for) };
    case 'ping':
      return { type: 'ping', n };
    case 'resync':
      return { type: 'resync', client };
    case 'refused':
      return { type: 'refused', client, text: text(data.text) };
    case 'reply':
      return {
        type: 'reply',
        client,
        request: text(data.request),
        ok: data.ok === true,
        text: text(data.text),
      };
    default:
      return null;
  }
}
