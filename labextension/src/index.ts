import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { cellsPlugin } from './cellsPlugin';
import { commandsPlugin } from './commandsPlugin';
import { dashboardPlugin } from './dashboardPlugin';
import { filesPlugin } from './filesPlugin';
import { marksPlugin } from './marksPlugin';
import { recordPlugin } from './recordPlugin';
import { reviewPlugin } from './reviewPlugin';
import { statusPlugin } from './statusPlugin';
import { toolbarPlugin } from './toolbarPlugin';

const plugins = [
  cellsPlugin,
  marksPlugin,
  recordPlugin,
  reviewPlugin,
  commandsPlugin,
  dashboardPlugin,
  statusPlugin,
  toolbarPlugin,
  filesPlugin,
];
export default plugins as JupyterFrontEndPlugin<unknown>[];
