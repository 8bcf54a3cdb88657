import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';

/**
 * Let a notebook trim selections only when another cell has become the active one.
 *
 * A cell that is inserted above the active one moves the index of that, and JupyterLab then sets the cursor anew in
 * every editor of the notebook, each of which lays itself out: 10 ms a cell at first, 175 ms at two hundred cells.
 * Other cells have a selection only after they were active, so that nothing is left untrimmed. The method is private
 * to JupyterLab; where a version has none of this name, insertion is only slower.
 */
export function trimSelectionsSparingly(notebook: Notebook): void {
  const inner = notebook as unknown as { _trimSelections?: () => void };
  const trim = inner._trimSelections;
  if (trim === undefined) {
    return;
  }
  let trimmedFor: Cell | null = null;
  inner._trimSelections = () => {
    if (notebook.activeCell !== trimmedFor) {
      trimmedFor = notebook.activeCell;
      trim.call(notebook);
    }
  };
}
