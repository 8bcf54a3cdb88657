import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Notebook } from '@jupyterlab/notebook';

import { trimSelectionsSparingly } from '../src/selectionTrimming';

void test('selections are trimmed when another cell becomes active, not when its index moves', () => {
  const trimmed: string[] = [];
  const notebook = {
    activeCell: 'one',
    _trimSelections(): void {
      trimmed.push(this.activeCell);
    },
  };
  trimSelectionsSparingly(notebook as unknown as Notebook);
  notebook._trimSelections();
  notebook._trimSelections();
  notebook.activeCell = 'two';
  notebook._trimSelections();
  notebook._trimSelections();
  notebook.activeCell = 'one';
  notebook._trimSelections();
  assert.deepEqual(trimmed, ['one', 'two', 'one']);
});

void test('a notebook of another make is left as it is', () => {
  const notebook = { activeCell: null };
  trimSelectionsSparingly(notebook as unknown as Notebook);
  assert.deepEqual(Object.keys(notebook), ['activeCell']);
});
