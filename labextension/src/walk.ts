/** Going from one agent's cell to another in a notebook. */
import type { NotebookPanel } from '@jupyterlab/notebook';

import { markOf } from './cellMark';

/** Make a cell the active one and bring it into view. */
export function goTo(panel: NotebookPanel, index: number): void {
  const { content } = panel;
  if (index >= 0 && index < content.widgets.length) {
    content.mode = 'command';
    content.deselectAll();
    content.activeCellIndex = index;
    void content.scrollToItem(index, 'smart');
    content.activate();
  }
}

/** Go to the next agent's cell in a direction; stay where there is none. */
export function step(panel: NotebookPanel, direction: 1 | -1): void {
  const { content } = panel;
  let index = content.activeCellIndex + direction;
  while (index >= 0 && index < content.widgets.length) {
    const cell = content.widgets[index];
    if (cell !== undefined && markOf(cell.model) !== null) {
      goTo(panel, index);
      return;
    }
    index += direction;
  }
}

/** Return the index of a cell, or of a run's last cell if no cell is named; -1 if there is none. */
export function find(panel: NotebookPanel, run: string, cell: string | null): number {
  return panel.content.widgets.findLastIndex(widget =>
    cell !== null ? widget.model.id === cell : markOf(widget.model)?.run === run,
  );
}

/** Fold the code of all agents' cells, or unfold it if it is folded already. */
export function fold(panel: NotebookPanel): void {
  const cells = panel.content.widgets.filter(
    widget => widget.model.type === 'code' && markOf(widget.model) !== null,
  );
  const hide = cells.some(cell => !cell.inputHidden);
  for (const cell of cells) {
    cell.inputHidden = hide;
  }
}
