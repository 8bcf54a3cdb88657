/** Keeping or rejecting what an agent did, once one has looked at it. */
import type { NotebookPanel } from '@jupyterlab/notebook';

import { markOf } from './cellMark';
import { isFields, type ICellMark } from './protocol';

/** How much is kept or rejected, around the active cell. */
export type Extent = 'step' | 'iteration' | 'run';

function sameExtent(mark: ICellMark, other: ICellMark, extent: Extent): boolean {
  if (mark.run !== other.run) {
    return false;
  }
  if (extent === 'run') {
    return true;
  }
  return mark.iteration === other.iteration && (extent === 'iteration' || mark.step === other.step);
}

function indices(panel: NotebookPanel, extent: Extent): number[] {
  const active = panel.content.activeCell;
  const mark = active === null ? null : markOf(active.model);
  if (mark === null) {
    return [];
  }
  return panel.content.widgets.flatMap((cell, index) => {
    const other = markOf(cell.model);
    return other !== null && sameExtent(mark, other, extent) ? [index] : [];
  });
}

/** Note in the cells' metadata that the person keeps them. */
export function keep(panel: NotebookPanel, extent: Extent, by: string | null): void {
  const review = { decision: 'keep', by, time: new Date().toISOString() };
  for (const index of indices(panel, extent)) {
    const model = panel.content.widgets[index]?.model;
    const ours: unknown = model?.getMetadata('agentomics');
    if (model !== undefined && isFields(ours)) {
      model.setMetadata('agentomics', { ...ours, review: isFields(ours.review) ? ours.review : review });
    }
  }
}

/** Take the agent's cells out; they do not come back, but Ctrl+Z brings them. The person's cells are not touched. */
export function reject(panel: NotebookPanel, extent: Extent): void {
  const found = indices(panel, extent);
  const shared = panel.content.model?.sharedModel;
  shared?.transact(() => {
    for (const index of found.toReversed()) {
      shared.deleteCell(index);
    }
  });
  panel.content.activate();
}
