import assert from 'node:assert/strict';
import { test } from 'node:test';

import { placeOf, type IPlaced } from '../src/placing';

const own = (id: string): IPlaced => ({ id, seq: null });
const cells = (...seqs: number[]): IPlaced[] => seqs.map(seq => ({ id: `r-${seq}`, seq }));

void test('the first cell stands below the magic', () => {
  assert.equal(placeOf(3, [own('a'), own('magic'), own('b')], 'magic'), 2);
});

void test('a cell stands below the one before it, wherever that was moved', () => {
  assert.equal(placeOf(9, [...cells(5), own('magic'), own('b'), ...cells(7), own('c')], 'magic'), 4);
});

void test('a late cell goes between its neighbours', () => {
  assert.equal(placeOf(6, [own('magic'), ...cells(5, 7, 8)], 'magic'), 2);
});

void test('without the magic a cell stands before the next one, else at the end', () => {
  assert.equal(placeOf(1, [own('a'), ...cells(5), own('b')], 'magic'), 1);
  assert.equal(placeOf(1, [own('a'), own('b')], null), 2);
});
