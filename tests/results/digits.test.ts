// Numbers in bytes are those that JavaScript prints, to 9 digits.
import fc from "fast-check";
import { expect, it } from "vitest";
import { MOST_BYTES, writeNumber } from "../../src/results/digits.js";

const written = (value: number): string => {
  const bytes = new Uint8Array(MOST_BYTES + 1);
  const end = writeNumber(bytes, 1, value);
  return new TextDecoder().decode(bytes.subarray(1, end));
};
const printed = (value: number): string => String(Number(value.toPrecision(9)));

it.each([
  0,
  -0,
  1,
  -1,
  10,
  100,
  0.1,
  0.5,
  1e-6,
  9.99999999e-7,
  123456789,
  999999999,
  1e9,
  1e21,
  1e-300,
  0.1 + 0.2,
  99999.99999,
  999999999.5,
  999999999.4,
  0.0000012345678949,
  1234.5,
  -0.001,
  NaN,
  Infinity,
  -Infinity,
])("%d", (value) => {
  expect(written(value)).toBe(printed(value));
});

it("holds for numbers of every size, and float32 comes back from it", () => {
  const sized = fc.tuple(fc.double({ min: -10, max: 10, noNaN: true }), fc.integer({ min: -12, max: 12 }));
  fc.assert(
    fc.property(sized, ([x, power]) => {
      const value = Math.fround(x * 10 ** power);
      expect(written(value)).toBe(printed(value));
      expect(Math.fround(Number(written(value)))).toBe(value + 0);
    }),
    { seed: 1, numRuns: 5000 },
  );
});
