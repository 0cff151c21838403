// The figure of a calibration: of each quantity how far the distribution of its ranks is from uniform, with its band.
import { bands, type RankVerdict } from "../inference/calibration.js";

const PANEL = { width: 220, height: 130, gap: 16, title: 18 } as const;
const COLUMNS = 4;
/** Panels at most, of the quantities farthest from uniform. */
const MOST_PANELS = 60;
const INK = { line: "#1f4e79", off: "#b3261e", band: "#dbe5ef", axis: "#777777" } as const;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** SVG: a panel for each quantity, the empirical distribution function of its ranks less that of uniform ones. */
export function calibrationSvg(judged: readonly RankVerdict[], draws: number, level: number): string {
  const shown = [...judged].sort((a, b) => a.p - b.p).slice(0, MOST_PANELS);
  const columns = Math.min(COLUMNS, Math.max(1, shown.length));
  const rows = Math.ceil(shown.length / columns);
  const outer = { width: PANEL.width + PANEL.gap, height: PANEL.height + PANEL.title + PANEL.gap };
  const simulations = shown[0]?.counts.reduce((sum, n) => sum + n, 0) ?? 0;
  // Each panel alone: the level is shared out among all quantities.
  const band = simulations === 0 ? [] : bands(draws, simulations, level / judged.length);
  const panels = shown.map((verdict, i) => {
    const [x, y] = [(i % columns) * outer.width, Math.floor(i / columns) * outer.height];
    return `<g transform="translate(${PANEL.gap + x} ${PANEL.gap + y})">${panel(verdict, band, simulations)}</g>`;
  });
  const [width, height] = [columns * outer.width + PANEL.gap, rows * outer.height + PANEL.gap];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...panels,
    "</svg>\n",
  ].join("\n");
}

function panel(
  { name, counts, departure }: RankVerdict,
  band: readonly { readonly from: number; readonly to: number }[],
  simulations: number,
): string {
  const { width, height, title } = PANEL;
  const uniform = (i: number): number => (i + 1) / counts.length;
  let sum = 0;
  const course = counts.slice(0, -1).map((n, i) => (sum += n) / simulations - uniform(i));
  const edges = band.map(
    ({ from, to }, i) => [from / simulations - uniform(i), to / simulations - uniform(i)] as const,
  );
  const most = Math.max(0.02, ...course.map(Math.abs), ...edges.flat().map(Math.abs)) * 1.1;
  const at = (i: number, value: number): string =>
    `${(uniform(i) * width).toFixed(1)} ${(title + height / 2 - (value / most) * (height / 2)).toFixed(1)}`;
  const upper = edges.map(([, to], i) => at(i, to));
  const lower = edges.map(([from], i) => at(i, from)).reverse();
  const start = `0 ${title + height / 2}`;
  const end = `${width} ${title + height / 2}`;
  const color = departure === null ? INK.line : INK.off;
  return [
    `<text y="12">${escaped(name)}${departure === null ? "" : ` <tspan fill="${INK.off}">${departure}</tspan>`}</text>`,
    `<path d="M${[start, ...upper, end, ...lower].join("L")}Z" fill="${INK.band}"/>`,
    `<path d="M${start}L${end}" stroke="${INK.axis}" stroke-width="0.5"/>`,
    `<path d="M${[start, ...course.map((value, i) => at(i, value)), end].join("L")}" fill="none" stroke="${color}" stroke-width="1.5"/>`,
  ].join("");
}
