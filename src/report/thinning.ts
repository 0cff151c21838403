// Fewer of many: what a chart or a table shows where all would be too much.

/** So many places of `length`, evenly spaced, both ends among them; all of them where they are no more. */
export function evenly(length: number, most: number): readonly number[] {
  if (length <= most) return Array.from({ length }, (_, i) => i);
  if (most === 1) return [0];
  return Array.from({ length: most }, (_, i) => Math.round((i * (length - 1)) / (most - 1)));
}

/**
 * At most so many of the items, in their order: a third of those with the lowest values, a third of those with the
 * highest, and between them some evenly spaced by rank.
 */
export function representative<T>(
  items: readonly T[],
  valueOf: (item: T) => number,
  most: number,
): readonly T[] {
  if (items.length <= most) return items;
  const values = Float64Array.from(items, valueOf);
  const ranked = Uint32Array.from(items, (_, place) => place);
  ranked.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  const ends = Math.floor(most / 3);
  const inside = evenly(ranked.length - 2 * ends, most - 2 * ends).map((i) => ends + i);
  const ranks = [
    ...evenly(ends, ends),
    ...inside,
    ...evenly(ends, ends).map((i) => ranked.length - ends + i),
  ];
  const places = Uint32Array.from(ranks, (rank) => ranked[rank] ?? 0).sort();
  return Array.from(places, (place) => items[place]).filter((item) => item !== undefined);
}

/**
 * How many of each of several lists are kept where all together may be `most`: short lists whole, the others alike.
 */
export function fairShares(lengths: readonly number[], most: number): readonly number[] {
  let [left, lists] = [most, lengths.length];
  const shares = lengths.map(() => 0);
  for (const { length, i } of lengths
    .map((length, i) => ({ length, i }))
    .sort((a, b) => a.length - b.length)) {
    const share = Math.min(length, Math.floor(left / lists));
    shares[i] = share;
    left -= share;
    lists--;
  }
  return shares;
}
