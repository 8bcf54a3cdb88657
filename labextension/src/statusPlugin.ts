import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { JUMP } from './commandIds';
import { IRuns, type Runs } from './runs';
import { StatusItem } from './statusItem';

/** Shows in the status bar where a run stands. */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'agentomics-nb:status',
  description: 'Shows in the status bar where a run stands.',
  autoStart: true,
  requires: [IRuns],
  optional: [IStatusBar, ITranslator],
  activate: (app: JupyterFrontEnd, runs: Runs, bar: IStatusBar | null, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load('agentomics_nb');
    const item = new StatusItem(runs, trans, () => {
      void app.commands.execute(JUMP);
    });
    bar?.registerStatusItem('agentomics-nb:status', {
      item,
      align: 'middle',
      isActive: () => item.isShown,
      activeStateChanged: runs.changed,
    });
  },
};
