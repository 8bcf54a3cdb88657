import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISanitizer } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

import { CONTROL_MESSAGE } from './protocol';
import { IRuns, Runs } from './runs';
import { SafeOutput } from './safeOutput';

/** Lets the cells of runs appear in the notebooks that they were started from. */
export const cellsPlugin: JupyterFrontEndPlugin<Runs> = {
  id: 'agentomics-nb:cells',
  description: 'Lets the cells of an agentomics run appear in the notebook as they happen.',
  autoStart: true,
  provides: IRuns,
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the interface is, the token is not
  requires: [INotebookTracker, ISanitizer],
  activate: (_, tracker: INotebookTracker, sanitizer: IRenderMime.ISanitizer) => {
    doNotShowAsBusy();
    return new Runs(tracker, new SafeOutput(sanitizer));
  },
};

/** Our messages to the kernel say nothing of whether it is busy; without this its light would flicker. */
function doNotShowAsBusy(): void {
  const option = 'untracked_message_types';
  const known: unknown = JSON.parse(PageConfig.getOption(option) || '[]');
  const types: unknown[] = Array.isArray(known) ? known : [];
  PageConfig.setOption(option, JSON.stringify([...types, CONTROL_MESSAGE, 'comm_info_request']));
}
