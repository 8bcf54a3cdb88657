/** What is sent when a person decides about a cell that waits. */
import type { Cell } from '@jupyterlab/cells';

import { isEdited, markOf } from './cellMark';

/** Return the cell's id, and its source where the person changed it before letting it run. */
export function wishFor(command: 'approve' | 'reject', cell: Cell): { cell: string; text?: string } {
  const mark = markOf(cell.model);
  const edited = command === 'approve' && mark !== null && isEdited(cell.model, mark);
  return { cell: cell.model.id, ...(edited ? { text: cell.model.sharedModel.getSource() } : {}) };
}
