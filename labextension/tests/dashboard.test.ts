import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clock, duration, figure, memory, percent, tickLabels, withInterval } from '../dashboard/format';
import { beside, fits, spread } from '../dashboard/placing';
import { sorted } from '../dashboard/iterationTable';
import { readBoard, readIterations, readTraining } from '../dashboard/run';
import { viewState } from '../dashboard/view';

void test('figures are written as scientists write them', () => {
  assert.deepEqual([0.8619, -0.0314, 0, -0.0001, 12.44, 1250.4, null].map(figure), [
    '.862',
    '−.031',
    '.000',
    '.000',
    '12.4',
    '1,250',
    '–',
  ]);
  assert.equal(withInterval(0.862, 0.848, 0.876), '.862 [.848, .876]');
  assert.equal(withInterval(0.862, null, 0.876), '.862');
});

void test('the labels of an axis have as many decimals as its steps need', () => {
  assert.deepEqual(tickLabels([0, 0.25, 0.5, 0.75, 1]), ['0', '.25', '.50', '.75', '1.00']);
  assert.deepEqual(tickLabels([-1.5, -1, -0.5, 0]), ['−1.5', '−1.0', '−.5', '0']);
  assert.deepEqual(tickLabels([0.1 + 0.2, 0.4]), ['.3', '.4']);
  assert.deepEqual(tickLabels([0, 1000, 2000]), ['0', '1,000', '2,000']);
});

void test('clocks, limits and sizes are short', () => {
  assert.deepEqual([-3, 41.9, 252, 3723].map(clock), ['0:00', '0:41', '4:12', '1:02:03']);
  assert.deepEqual([45, 90, 1800, 5400, 7200].map(duration), ['45s', '90s', '30m', '1h30m', '2h']);
  assert.deepEqual([0, 0.004, 0.18, 1].map(percent), ['0 %', '<1 %', '18 %', '100 %']);
  assert.equal(memory(3.2 * 2 ** 30, 16 * 2 ** 30), '3.2 of 16 GB');
});

void test('labels are moved apart no more than it takes, in their order, within the chart', () => {
  assert.deepEqual(spread([10, 50], 15, 0, 100), [10, 50]);
  assert.deepEqual(spread([50, 48], 15, 0, 100), [63, 48]);
  const crowded = spread([98, 99, 97], 15, 0, 100);
  assert.deepEqual(crowded, [85, 100, 70]);
});

void test('a baseline far away does not flatten the curve', () => {
  assert.ok(fits(0.5, 0.6, 0.9));
  assert.ok(!fits(-40, 0.6, 0.9));
});

const iterations = readIterations({
  number: [0, 1, 2, 3],
  idea: ['c', 'a', 'b', 'd'],
  seconds: [5, 50, null, 7],
  best: 1,
  metrics: { auprc: { label: 'AUPRC', train: [0.9, 0.8, null, 0.7], value: [0.5, 0.7, null, 0.6] } },
});

void test('rows are sorted both ways, and what has no value comes last in both', () => {
  const metric = iterations.metrics[0] ?? null;
  assert.deepEqual(sorted(iterations, metric, 'value', true), [1, 3, 0, 2]);
  assert.deepEqual(sorted(iterations, metric, 'value', false), [0, 3, 1, 2]);
  assert.deepEqual(sorted(iterations, metric, 'gap', true), [0, 1, 3, 2]);
  assert.deepEqual(sorted(iterations, metric, 'idea', false), [1, 2, 0, 3]);
  assert.deepEqual(sorted(iterations, null, 'value', true), [0, 1, 2, 3]);
});

void test('what is missing or odd in the values becomes harmless', () => {
  assert.equal(readBoard(null).run, '');
  assert.deepEqual(readBoard({ notices: [['warning'], 7], iterations: 'many' }).notices, [
    { level: 'warning', text: '' },
    { level: '', text: '' },
  ]);
  assert.deepEqual(readIterations({ number: 'x', metrics: [] }).rows, []);
  assert.equal(readTraining([]), null);
  assert.deepEqual(readTraining({ series: [{ y: [1, 'NaN', null, NaN] }] })?.series[0]?.y, [
    1,
    null,
    null,
    null,
  ]);
});

void test('a view made anew finds what the person had set, and another run does not', () => {
  viewState('one').hint = 'half a sent';
  viewState('one').sort = { column: 'gap', descending: false };
  assert.equal(viewState('one').hint, 'half a sent');
  assert.equal(viewState('one').sort.column, 'gap');
  assert.equal(viewState('two').hint, '');
});

void test('a tip stands beside its point wherever there is room', () => {
  assert.equal(beside(100, 200, 600), 114);
  assert.equal(beside(500, 200, 600), 286);
  assert.equal(beside(150, 200, 300), 100);
});
