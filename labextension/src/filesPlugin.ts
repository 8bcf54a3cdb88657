import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { IDefaultFileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { NEW, RUN_ON } from './commandIds';
import { logoIcon } from './icons';
import { createNotebook, isData, magicFor, nameOf } from './newNotebook';
import { IRuns, type Runs } from './runs';

const LOAD = '%load_ext agentomics_nb';

/** "Run Agentomics on …" on data files, and a card in the launcher: the magic is written, the person runs it. */
export const filesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'agentomics-nb:files',
  description: 'Starts from a data file in the file browser, or from the launcher.',
  autoStart: true,
  requires: [IRuns],
  optional: [IFileBrowserFactory, IDefaultFileBrowser, ILauncher, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    runs: Runs,
    factory: IFileBrowserFactory | null,
    browser: IDefaultFileBrowser | null,
    launcher: ILauncher | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load('agentomics_nb');
    const chosen = (): string | null => {
      const items = [...(factory?.tracker.currentWidget?.selectedItems() ?? [])];
      const path = items.length === 1 ? items[0]?.path : undefined;
      return path !== undefined && isData(path) ? path : null;
    };
    const open = async (directory: string, data: string): Promise<void> => {
      try {
        const sources = [LOAD, magicFor(data, runs.options)];
        const path = await createNotebook(app.serviceManager.contents, directory, sources);
        await app.commands.execute('docmanager:open', { path, factory: 'Notebook' });
      } catch (error) {
        Notification.error(String(error));
      }
    };
    app.commands.addCommand(RUN_ON, {
      label: () => trans.__('Run Agentomics on %1', nameOf(chosen() ?? '')),
      icon: logoIcon,
      isVisible: () => chosen() !== null,
      execute: async () => {
        const path = chosen();
        if (path !== null) {
          await open(PathExt.dirname(path), nameOf(path));
        }
      },
    });
    app.commands.addCommand(NEW, {
      label: args => (args.isPalette === true ? trans.__('New Notebook with a Run') : trans.__('Agentomics')),
      caption: trans.__('Open a notebook that starts an autonomous experiment on a table of yours'),
      icon: logoIcon,
      execute: args =>
        open(typeof args.cwd === 'string' ? args.cwd : (browser?.model.path ?? ''), 'data.csv'),
    });
    app.contextMenu.addItem({
      command: RUN_ON,
      selector: '.jp-DirListing-item[data-isdir="false"]',
      rank: 3,
    });
    launcher?.add({ command: NEW, category: trans.__('Notebook'), rank: 90 });
    palette?.addItem({ command: NEW, category: 'Agentomics', args: { isPalette: true } });
  },
};
