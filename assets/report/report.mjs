// The script of a report's page: draws its charts, sorts and filters its table, and lets pairs be chosen. It stands in the
// page after Vega's libraries, whose names are global there, and fetches nothing.
const { config, charts, rows } = JSON.parse(document.getElementById("report-data").textContent);
const $ = (id) => document.getElementById(id);
const views = new Map();

/** Draws a chart, or says in its place why it could not be drawn. */
async function draw(id, spec) {
  const place = $(id);
  // Expressions are interpreted: the page's policy does not let text become code.
  const options = { actions: false, renderer: "svg", ast: true, config, logLevel: vega.Warn };
  try {
    views.get(id)?.finalize();
    const { view } = await vegaEmbed(place, spec, options);
    views.set(id, view);
    return view;
  } catch (problem) {
    place.classList.add("failed");
    place.textContent = `This chart could not be drawn: ${problem.message}`;
    throw problem;
  }
}

/** A number as the table shows it. */
function shown(value) {
  if (value === null) return "–";
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e7 || size < 1e-4)) return value.toExponential(3);
  return String(Number(value.toPrecision(4)));
}

/** The table of the posterior: a page at a time, in the order of a column, of the names that hold what is looked for. */
function makeTable() {
  const table = $("table");
  const [filter, length, count] = [$("table-filter"), $("table-page"), $("table-count")];
  const [before, after] = [$("table-before"), $("table-after")];
  const state = { column: null, descending: false, first: 0 };
  // What is not known comes last, whichever way the others go.
  const compare = (a, b) => {
    const [x, y] = [a[state.column], b[state.column]];
    if (x === null || y === null) return (x === null) - (y === null);
    const order = typeof x === "string" ? x.localeCompare(y, "en", { numeric: true }) : x - y;
    return state.descending ? -order : order;
  };
  const cell = (value, place) => {
    const made = document.createElement(place === 0 ? "th" : "td");
    if (place === 0) made.scope = "row";
    else made.className = "number";
    made.textContent = place === 0 ? value : shown(value);
    return made;
  };
  const show = () => {
    const wanted = filter.value.trim().toLowerCase();
    const found = rows.filter(([name]) => name.toLowerCase().includes(wanted));
    if (state.column !== null) found.sort(compare);
    const size = Number(length.value);
    state.first = Math.max(0, Math.min(state.first, found.length - 1));
    state.first -= state.first % size;
    const page = found.slice(state.first, state.first + size);
    const body = document.createElement("tbody");
    for (const row of page) {
      const line = document.createElement("tr");
      line.append(...row.map(cell));
      body.append(line);
    }
    table.tBodies[0].replaceWith(body);
    const last = state.first + page.length;
    count.textContent =
      found.length === 0
        ? "none"
        : `${state.first + 1} to ${last} of ${found.length.toLocaleString("en-US")}`;
    before.disabled = state.first === 0;
    after.disabled = last >= found.length;
  };
  for (const button of table.tHead.querySelectorAll("button"))
    button.addEventListener("click", () => {
      const column = Number(button.dataset.column);
      // Numbers begin with the largest, names with the first.
      state.descending = state.column === column ? !state.descending : column > 0;
      Object.assign(state, { column, first: 0 });
      for (const head of table.tHead.querySelectorAll("th")) head.setAttribute("aria-sort", "none");
      button.closest("th").setAttribute("aria-sort", state.descending ? "descending" : "ascending");
      show();
    });
  filter.addEventListener("input", () => ((state.first = 0), show()));
  length.addEventListener("change", show);
  before.addEventListener("click", () => ((state.first -= Number(length.value)), show()));
  after.addEventListener("click", () => ((state.first += Number(length.value)), show()));
  show();
}

/** Forest plots of large plates show those whose names hold what is looked for. */
function makeFilters() {
  for (const input of document.querySelectorAll("[data-forest]")) {
    const { forest: id, quantity, most } = input.dataset;
    const own = rows.filter(([name]) => name === quantity || name.startsWith(`${quantity}[`));
    const first = charts[id].data.values;
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      const found = own.filter(([name]) => name.toLowerCase().includes(wanted)).slice(0, Number(most));
      const values = found.map(([n, mean, , , a, m, b]) => ({ n, mean, a, m, b }));
      views
        .get(id)
        ?.data("rows", wanted === "" ? first : values)
        .runAsync();
    });
  }
}

/** The plot of two numbers of one's choice. */
function makeChoice() {
  const [across, up] = [$("pair-x"), $("pair-y")];
  if (across === null) return;
  const axis = (select, spec) => ({
    ...spec,
    field: `v${select.selectedIndex}`,
    axis: { ...spec.axis, title: select.value },
  });
  const show = () => {
    const spec = charts["pair-choice"];
    const { x, y } = spec.encoding;
    return draw("pair-choice", {
      ...spec,
      encoding: { ...spec.encoding, x: axis(across, x), y: axis(up, y) },
    });
  };
  across.addEventListener("change", show);
  up.addEventListener("change", show);
}

/** The prior can be left out of the densities. */
function makePriorChoice() {
  const box = $("show-prior");
  const show = () => document.documentElement.classList.toggle("without-prior", !box.checked);
  box?.addEventListener("change", show);
  // Browsers keep what was chosen when a page is loaded again.
  if (box !== null) show();
}

/** Every drawing can be kept as an SVG file, its colours as they are at the moment. */
function makeSavable() {
  const style = getComputedStyle(document.documentElement);
  for (const figure of document.querySelectorAll("figure.chart")) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "save", textContent: "SVG", title: "Save as SVG" });
    button.addEventListener("click", () => {
      const text = new XMLSerializer().serializeToString(figure.querySelector("svg"));
      const plain = text.replaceAll(/var\((--[\w-]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
      const link = document.createElement("a");
      link.href = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(plain)}`;
      link.download = `${figure.querySelector(".plot").id}.svg`;
      link.click();
    });
    figure.append(button);
  }
}

makeTable();
makeFilters();
makeChoice();
makePriorChoice();
makeSavable();
// One after the other, so that the page can be read and scrolled meanwhile.
for (const [id, spec] of Object.entries(charts)) {
  await draw(id, spec);
  await new Promise((resolve) => setTimeout(resolve));
}
document.documentElement.dataset.charts = "drawn";
