import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type * as nbformat from '@jupyterlab/nbformat';
import type { INotebookModel } from '@jupyterlab/notebook';
import { JSONExt, type PartialJSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { isCodeModel, markOf } from './cellMark';
import { sha256Hex } from './digest';
import { applyChange, streamText } from './outputs';
import { placeOf, type IPlaced } from './placing';
import { isFields, type ICellContent, type ICellEntry, type OutputChange } from './protocol';
import type { SafeOutput } from './safeOutput';

/** Key of ours in the metadata of notebooks and cells. */
export const METADATA = 'agentomics';

/**
 * The cells of one run in one notebook.
 *
 * Works on the model, by cell id, and never on widgets, indices or the focus. A cell that is there is changed, not
 * added again; one that the person took out stays out; the source of one that the person edited stays theirs.
 */
export class RunCells implements IDisposable {
  constructor(options: IRunCellsOptions) {
    this._model = options.model;
    this._digest = options.digest;
    this._anchor = options.anchor;
    this._safe = options.safe;
    this._present = new Set(this._ids());
    this._remember();
    this._model.cells.changed.connect(this._onCellsChanged, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
    }
  }

  /** Emitted when the person took cells out or put them back. */
  get taken(): ISignal<this, ITaken> {
    return this._taken;
  }

  /** Emitted when the whole notebook was replaced, such as by "Reload from disk". */
  get replaced(): ISignal<this, void> {
    return this._replaced;
  }

  /** What the notebook holds of the run. */
  known(): Record<string, { status: string; source_sha256: string }> {
    const known: Record<string, { status: string; source_sha256: string }> = {};
    for (const [id, model] of this._models()) {
      const mark = markOf(model);
      if (mark !== null) {
        known[id] = { status: mark.status, source_sha256: mark.source_sha256 };
      }
    }
    return known;
  }

  /** Take in what the kernel sent. */
  apply(entries: readonly ICellEntry[]): void {
    this._insert(entries.map(entry => entry.cell).filter(cell => cell !== null));
    const models = new Map(this._models());
    for (const entry of entries) {
      const model = models.get(entry.id);
      if (model !== undefined) {
        this._update(model, entry);
      }
    }
  }

  private _insert(cells: readonly ICellContent[]): void {
    const placed: IPlaced[] = this._model.sharedModel.cells.map(cell => ({
      id: cell.getId(),
      seq: this._isOurs(cell.getId()) ? (markOf(cell)?.seq ?? null) : null,
    }));
    const there = new Set(placed.map(cell => cell.id));
    const batches: { at: number; cells: ICellContent[] }[] = [];
    for (const cell of cells) {
      const seq = sequence(cell);
      if (there.has(cell.id) || this._gone.has(cell.id) || seq === null) {
        continue;
      }
      const at = placeOf(seq, placed, this._anchor);
      placed.splice(at, 0, { id: cell.id, seq });
      there.add(cell.id);
      this._present.add(cell.id);
      const last = batches.at(-1);
      if (last !== undefined && last.at + last.cells.length === at) {
        last.cells.push(cell);
      } else {
        batches.push({ at, cells: [cell] });
      }
    }
    for (const batch of batches) {
      this._quietly(() => {
        this._model.sharedModel.insertCells(
          batch.at,
          batch.cells.map(cell => this._toInsert(cell)),
        );
      });
    }
  }

  private _toInsert(cell: ICellContent): nbformat.ICodeCell | nbformat.IMarkdownCell {
    const { id, source } = cell;
    if (cell.cell_type === 'markdown') {
      return { id, cell_type: 'markdown', source, metadata: metadataOf(cell.metadata) };
    }
    // JupyterLab before 4.6.4 does not save what is appended to a stream that a cell came with; so a cell that
    // still grows comes without, and gets its outputs like any that runs.
    const grows = statusOf(cell.metadata) === 'running';
    return {
      id,
      cell_type: 'code',
      source,
      metadata: { ...metadataOf(cell.metadata), trusted: true },
      outputs: grows ? [] : cell.outputs.map(output => this._safe.of(output)),
      execution_count: cell.execution_count,
    };
  }

  private _update(model: ICellModel, entry: ICellEntry): void {
    const mark = markOf(model);
    const theirs = mark?.rerun === true;
    const edited = mark !== null && sha256Hex(model.sharedModel.getSource()) !== mark.source_sha256;
    const source = entry.cell?.source;
    if (source !== undefined && !edited && model.sharedModel.getSource() !== source) {
      this._quietly(() => {
        model.sharedModel.setSource(source);
      });
    }
    if (isCodeModel(model) && !theirs) {
      this._updateOutputs(model, entry);
    }
    const metadata = entry.cell?.metadata ?? entry.metadata;
    if (metadata !== null) {
      this._quietly(() => {
        this._updateMetadata(model, metadata, theirs);
      });
    }
  }

  /**
   * Change something outside the person's undo: Ctrl+Z must not take back what the agent did.
   *
   * Not for outputs: they keep themselves out of it, and within another transaction they would be added twice.
   */
  private _quietly(change: () => void): void {
    this._model.sharedModel.transact(change, false);
  }

  private _updateOutputs(model: ICodeCellModel, entry: ICellEntry): void {
    if (entry.cell !== null) {
      const outputs = entry.cell.outputs.map(output => this._safe.of(output));
      this._outputs.set(model.id, outputs);
      if (statusOf(entry.cell.metadata) === 'running') {
        model.outputs.fromJSON(outputs);
      } else {
        settle(model, outputs);
      }
    }
    for (const change of entry.outputs) {
      this._change(model, change);
    }
    if (entry.cell !== null || entry.metadata !== null) {
      const count = entry.cell !== null ? entry.cell.execution_count : entry.executionCount;
      if (model.executionCount !== count) {
        model.executionCount = count;
      }
      const running = statusOf(entry.cell?.metadata ?? entry.metadata) === 'running';
      model.executionState = running ? 'running' : 'idle';
      if (!running) {
        settle(model, this._outputsOf(model));
        this._outputs.delete(model.id);
      }
      if (!model.trusted) {
        model.trusted = true;
      }
    }
  }

  /** Carry a change out in the smallest way: what the view has drawn stays drawn. */
  private _change(model: ICodeCellModel, change: OutputChange): void {
    const safe: OutputChange =
      change.op === 'add' || change.op === 'set'
        ? { ...change, output: this._safe.of(change.output) }
        : change;
    const outputs = applyChange(this._outputsOf(model), safe);
    this._outputs.set(model.id, outputs);
    switch (safe.op) {
      case 'add':
        model.outputs.add(safe.output);
        break;
      case 'clear':
        model.outputs.clear();
        break;
      default: {
        const output = outputs[safe.index];
        if (output === undefined) {
          break;
        }
        if (safe.op === 'append_text' && safe.index === model.outputs.length - 1) {
          model.outputs.add({ ...output, text: safe.text });
        } else {
          model.outputs.set(safe.index, output);
        }
      }
    }
  }

  /** The outputs as they should be; the model's own may still lack what it draws later. */
  private _outputsOf(model: ICodeCellModel): nbformat.IOutput[] {
    return this._outputs.get(model.id) ?? model.outputs.toJSON();
  }

  private _updateMetadata(model: ICellModel, metadata: Record<string, unknown>, theirs: boolean): void {
    const ours = metadata[METADATA];
    if (isFields(ours)) {
      const value = theirs ? { ...ours, rerun: true } : ours;
      const before = model.getMetadata(METADATA) as PartialJSONValue | undefined;
      if (!JSONExt.deepEqual(before ?? null, value as PartialJSONValue)) {
        model.setMetadata(METADATA, value);
      }
    }
    const had: unknown = model.getMetadata('tags');
    const before: unknown[] = Array.isArray(had) ? had : [];
    const tags = new Set([...before, ...tagsOf(metadata)]);
    if (tags.size !== before.length) {
      model.setMetadata('tags', [...tags]);
    }
  }

  /** See what the person took out or put back; a move takes a cell out and puts it back at once. */
  private _onCellsChanged(): void {
    if (!this._checking) {
      this._checking = true;
      queueMicrotask(() => {
        this._checking = false;
        if (!this._isDisposed && !this._model.isDisposed) {
          this._check();
        }
      });
    }
  }

  private _check(): void {
    const cells = this._model.sharedModel.cells;
    const wholly = this._some !== undefined && !cells.includes(this._some) && this._allNew();
    const now = new Set(this._ids());
    this._remember();
    if (wholly) {
      this._present = now;
      this._replaced.emit();
      return;
    }
    const gone = [...this._present].filter(id => !now.has(id));
    const back = [...now].filter(id => !this._present.has(id));
    this._present = now;
    if (gone.length > 0 || back.length > 0) {
      gone.forEach(id => this._gone.add(id));
      back.forEach(id => this._gone.delete(id));
      this._taken.emit({ gone, back });
    }
  }

  private _allNew(): boolean {
    return !this._model.sharedModel.cells.some(cell => this._seen.has(cell));
  }

  private _remember(): void {
    const cells = this._model.sharedModel.cells;
    this._seen = new WeakSet(cells);
    this._some = cells[0];
  }

  private _isOurs(id: string): boolean {
    return id.startsWith(`${this._digest}-`);
  }

  private _ids(): string[] {
    return this._model.sharedModel.cells.map(cell => cell.getId()).filter(id => this._isOurs(id));
  }

  private *_models(): Iterable<[string, ICellModel]> {
    for (const model of this._model.cells) {
      if (this._isOurs(model.id)) {
        yield [model.id, model];
      }
    }
  }

  private readonly _model: INotebookModel;
  private readonly _digest: string;
  private readonly _anchor: string | null;
  private readonly _safe: SafeOutput;
  private readonly _outputs = new Map<string, nbformat.IOutput[]>();
  private readonly _taken = new Signal<this, ITaken>(this);
  private readonly _replaced = new Signal<this, void>(this);
  private readonly _gone = new Set<string>();
  private _present: Set<string>;
  private _seen = new WeakSet();
  private _some: INotebookModel['sharedModel']['cells'][number] | undefined;
  private _checking = false;
  private _isDisposed = false;
}

/** Cells of the run that the person took out of the notebook, or put back. */
export interface ITaken {
  gone: string[];
  back: string[];
}

export interface IRunCellsOptions {
  model: INotebookModel;
  /** Beginning of the ids of the run's cells. */
  digest: string;
  /** The cell with the magic. */
  anchor: string | null;
  safe: SafeOutput;
}

/** Make the outputs what they should be, those that are shown and those that are saved, if they are not. */
function settle(model: ICodeCellModel, outputs: nbformat.IOutput[]): void {
  const wanted = outputs.map(oneText);
  const same = (now: nbformat.IOutput[]): boolean => JSONExt.deepEqual(now.map(oneText), wanted);
  if (!same(model.outputs.toJSON()) || !same(model.sharedModel.getOutputs())) {
    model.outputs.fromJSON(outputs);
  }
}

function oneText(output: nbformat.IOutput): nbformat.IOutput {
  return output.output_type === 'stream' ? { ...output, text: streamText(output) } : output;
}

function sequence(cell: ICellContent): number | null {
  const ours = cell.metadata[METADATA];
  return isFields(ours) && typeof ours.seq === 'number' ? ours.seq : null;
}

function statusOf(metadata: Record<string, unknown> | null): string | null {
  const ours = metadata?.[METADATA];
  return isFields(ours) && typeof ours.status === 'string' ? ours.status : null;
}

function tagsOf(metadata: Record<string, unknown>): unknown[] {
  return Array.isArray(metadata.tags) ? metadata.tags : [];
}

function metadataOf(metadata: Record<string, unknown>): nbformat.ICellMetadata {
  return JSONExt.deepCopy(metadata as nbformat.ICellMetadata);
}
