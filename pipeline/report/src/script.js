"use strict";
// Opens what a link leads to, and everything for printing. Browsers open the folds around the target
// of a link by themselves, but not one that is the target.
(() => {
  const folds = () => document.querySelectorAll("main details");
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let fold = target; fold; fold = fold.parentElement)
      if (fold.tagName === "DETAILS") fold.open = true;
    const section = target.querySelector(":scope > details.section");
    if (section) section.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  // A link to where one is already changes no address.
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) reveal();
  });
  reveal();
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = Array.from(folds()).filter((fold) => !fold.open);
    for (const fold of closed) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of closed) fold.open = false;
  });
})();

// Sorts and filters the table of annotations. Without it the page is complete, in order of score.
(() => {
  const table = document.getElementById("table");
  const controls = document.getElementById("controls");
  if (!table || !controls) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row) => ({
    row,
    text: row.textContent.toLowerCase(),
    fdr: Number(row.dataset.fdr),
    adduct: row.dataset.adduct,
    classes: row.dataset.class.split("|"),
  }));
  const search = document.getElementById("search");
  const fdr = document.getElementById("fdr-filter");
  const adduct = document.getElementById("adduct-filter");
  const kind = document.getElementById("class-filter");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const one of rows) {
      const fits =
        one.fdr <= Number(fdr.value) &&
        (!adduct.value || one.adduct === adduct.value) &&
        (!kind || !kind.value || one.classes.includes(kind.value)) &&
        words.every((word) => one.text.includes(word));
      one.row.hidden = !fits;
      n += fits ? 1 : 0;
    }
    shown.textContent = `${n} of ${rows.length} annotations`;
    none.hidden = n > 0;
  };

  const values = (column, isNumber) =>
    new Map(
      rows.map(({ row }) => {
        const value = row.cells[column].dataset.v;
        return [row, isNumber ? Number(value) : value];
      }),
    );
  const place = (row) => Number(row.dataset.place);

  const sort = (head, column) => {
    const isNumber = head.dataset.sort === "number";
    const isAscending = head.getAttribute("aria-sort") !== "ascending";
    const of = values(column, isNumber);
    const compare = isNumber
      ? (a, b) => of.get(a) - of.get(b)
      : (a, b) => of.get(a).localeCompare(of.get(b), "en", { numeric: true });
    const ordered = rows
      .map(({ row }) => row)
      .sort((a, b) => (isAscending ? compare(a, b) : compare(b, a)) || place(a) - place(b));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isAscending ? "ascending" : "descending");
    body.append(...ordered);
  };

  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    if (!head.dataset.sort) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head, column));
    // The title stays for printing: browsers leave buttons out of heads that they repeat.
    head.prepend(button);
  });
  controls.addEventListener("input", filter);
  controls.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("clear").addEventListener("click", () => {
    controls.reset();
    for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
    body.append(...rows.map(({ row }) => row).sort((a, b) => place(a) - place(b)));
    filter();
  });
  controls.hidden = false;
  filter();

  // A page is printed whole.
  addEventListener("beforeprint", () => rows.forEach(({ row }) => (row.hidden = false)));
  addEventListener("afterprint", filter);
})();
