import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Cell } from '@jupyterlab/cells';

import { scrollInSightOnly } from '../src/editorScrolling';

void test('an editor answers to scrolling while it is in sight', () => {
  const answered: unknown[] = [];
  const observer = {
    intersecting: false,
    onScrollChanged(event: unknown): void {
      answered.push([this === observer, event]);
    },
  };
  scrollInSightOnly({ editor: { observer } } as unknown as Cell['editor']);
  observer.onScrollChanged('out of sight');
  observer.intersecting = true;
  observer.onScrollChanged('in sight');
  assert.deepEqual(answered, [[true, 'in sight']]);
});

void test('an editor of another make is left as it is', () => {
  const other = { editor: { observer: { onScrollChanged: 1 } } };
  for (const editor of [null, {}, { editor: {} }, other]) {
    scrollInSightOnly(editor as unknown as Cell['editor']);
  }
  assert.deepEqual(other, { editor: { observer: { onScrollChanged: 1 } } });
});
