import { Notification } from '@jupyterlab/apputils';
import { NotebookActions } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import { isCodeModel, markOf } from './cellMark';
import { isFields } from './protocol';

/**
 * Watches what the person runs: the outputs of an agent's cell that they ran are theirs from then on, and a kernel
 * without our package gets a sentence that says what to do.
 */
export function watchExecution(trans: TranslationBundle): void {
  NotebookActions.executionScheduled.connect((_, { cell }) => {
    const ours: unknown = cell.model.getMetadata('agentomics');
    const mark = markOf(cell.model);
    if (mark !== null && mark.status !== 'waiting' && isFields(ours)) {
      cell.model.setMetadata('agentomics', { ...ours, rerun: true });
    }
  });
  NotebookActions.executed.connect((_, { cell, success }) => {
    if (success || !isCodeModel(cell.model) || !cell.model.sharedModel.getSource().includes('agentomics')) {
      return;
    }
    const lacks = cell.model.outputs
      .toJSON()
      .some(
        output =>
          output.ename === 'ModuleNotFoundError' && output.evalue === "No module named 'agentomics_nb'",
      );
    if (lacks) {
      Notification.error(
        trans.__('This kernel runs in an environment without agentomics-nb. Run: %pip install agentomics-nb'),
        { autoClose: false },
      );
    }
  });
}
