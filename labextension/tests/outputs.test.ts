import assert from 'node:assert/strict';
import { test } from 'node:test';

import { applyChange } from '../src/outputs';
import { readIncoming, readMark, type OutputChange } from '../src/protocol';

const stream = (text: string): { output_type: string; name: string; text: string } => ({
  output_type: 'stream',
  name: 'stdout',
  text,
});

void test('changes add up to the outputs, and leave the old list alone', () => {
  const changes: OutputChange[] = [
    { op: 'add', output: stream('10 %') },
    { op: 'replace_tail', index: 0, keep: 0, text: '😀 20 %' },
    { op: 'replace_tail', index: 0, keep: 2, text: '30 %' },
    { op: 'append_text', index: 0, text: ' done' },
    { op: 'add', output: { output_type: 'display_data', data: {}, metadata: {} } },
  ];
  const first = applyChange([], changes[0] ?? { op: 'clear' });
  const all = changes.reduce(applyChange, []);
  assert.deepEqual(first, [stream('10 %')]);
  assert.equal(all.length, 2);
  assert.deepEqual(all[0], stream('😀 30 % done'), 'Python counts characters, not units of two bytes');
  assert.deepEqual(applyChange(all, { op: 'clear' }), []);
});

void test('what is no message is passed over', () => {
  for (const data of [null, 3, [], {}, { type: 'later' }, { type: 'greeting', protocol: 'x' }]) {
    assert.equal(readIncoming(data), null);
  }
  const message = readIncoming({
    type: 'cells',
    n: 4,
    for: 'me',
    cells: [{ id: 3 }, { id: 'a', outputs: [{ op: 'evil' }] }],
  });
  assert.deepEqual(message, {
    type: 'cells',
    n: 4,
    for: 'me',
    cells: [{ id: 'a', cell: null, outputs: [], metadata: null, executionCount: null }],
  });
});

void test('a mark needs a run and a place in it', () => {
  assert.equal(readMark({ run: 'genes' }), null);
  assert.equal(readMark({ run: 'genes', seq: 4, status: 'ok' })?.status, 'ok');
});
