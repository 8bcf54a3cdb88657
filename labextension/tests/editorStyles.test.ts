import assert from 'node:assert/strict';
import { test } from 'node:test';

import { keepEditorStyles } from '../src/editorStyles';

class Tag {
  written: string[] = [];

  get textContent(): string {
    return this.written.at(-1) ?? '';
  }

  set textContent(text: string) {
    this.written.push(text);
  }
}

void test('the rules of the editors are written when they differ, not when they are the same', () => {
  const tag = new Tag();
  const document = { [Symbol('other')]: 1, [Symbol('styleSet')]: { styleTag: tag } } as unknown as Document;
  tag.textContent = 'light';
  keepEditorStyles(document);
  keepEditorStyles(document);
  for (const text of ['light', 'dark', 'dark', 'light']) {
    tag.textContent = text;
    assert.equal(tag.textContent, text);
  }
  assert.deepEqual(tag.written, ['light', 'dark', 'light']);
});

void test('a document without editors is left as it is', () => {
  keepEditorStyles({} as Document);
  keepEditorStyles({ [Symbol('styleSet')]: { sheet: {} } } as unknown as Document);
});
