// Numbers as decimal digits in bytes: tables of many millions of numbers are written without a string for each.

/** As many as float32 can hold. */
const DIGITS = 9;
/** Numbers of sizes between these are written without an exponent. */
const [SMALLEST, LARGEST] = [1e-6, 1e9];
/** No number takes more bytes: a sign, a point, 9 digits, and 5 zeros or an exponent. */
export const MOST_BYTES = 24;

const [MINUS, POINT, ZERO] = [0x2d, 0x2e, 0x30] as const;
/** 10^n from n = -6 to 9, and what a number of which that is the first digit is multiplied by to have nine. */
const POWERS = Float64Array.from({ length: 16 }, (_, i) => Number(`1e${i - 6}`));
const SCALES = Float64Array.from({ length: 16 }, (_, i) => Number(`1e${DIGITS - 1 - (i - 6)}`));

/** Writes a number to 9 significant digits, as JavaScript prints it; returns where the next byte goes. */
export function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  const size = Math.abs(value);
  if (!(size >= SMALLEST && size < LARGEST * (1 - 1e-9))) {
    const text = String(Number(value.toPrecision(DIGITS)));
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
    return at + text.length;
  }
  let order = 0;
  while (size >= (POWERS[order + 1] ?? Infinity)) order++;
  let digits = Math.round(size * (SCALES[order] ?? NaN)) | 0;
  if (digits >= 1e9) {
    digits = 1e8;
    order++;
  }
  if (value < 0) bytes[at++] = MINUS;
  let count = DIGITS;
  while (digits % 10 === 0) {
    digits = (digits / 10) | 0;
    count--;
  }
  return writeDigits(bytes, at, digits, count, order - 6);
}

/** Writes `count` digits, the first of which stands for 10^exponent. */
function writeDigits(bytes: Uint8Array, at: number, digits: number, count: number, exponent: number): number {
  // Before the point: at least one digit, and zeros where there are not digits enough.
  const whole = Math.max(1, exponent + 1);
  const leading = exponent < 0 ? -exponent : 0;
  const all = Math.max(whole, leading + count);
  const end = at + all + (all > whole ? 1 : 0);
  let rest = digits;
  for (let place = all - 1, to = end - 1; place >= 0; place--) {
    if (place < leading || place >= leading + count) bytes[to--] = ZERO;
    else {
      const next = (rest / 10) | 0;
      bytes[to--] = ZERO + rest - 10 * next;
      rest = next;
    }
    if (place === whole && place > 0) bytes[to--] = POINT;
  }
  return end;
}
