"use strict";
(() => {
  const all = (query) => [...document.querySelectorAll(query)];
  const body = document.querySelector(".rows tbody");
  if (!body) return;
  document.documentElement.classList.add("live");
  const rows = all(".rows tbody tr");
  const marks = new Map(all(".timeline [data-e]").map((m) => [m.dataset.e, m]));
  const boxes = all(".counts input");
  const floor = document.querySelector("#floor");
  const words = document.querySelector("#words");
  const shown = document.querySelector(".shown");

  const filter = () => {
    const labels = new Set(boxes.filter((b) => b.checked).map((b) => b.value));
    const wanted = words.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const keep = labels.has(row.dataset.label) && Number(row.dataset.score) >= Number(floor.value) / 100 &&
        (!wanted || row.textContent.toLowerCase().includes(wanted));
      row.hidden = !keep;
      marks.get(row.id.slice(1))?.classList.toggle("off", !keep);
      count += keep;
    }
    floor.nextElementSibling.value = floor.value + " %";
    shown.textContent = count + " of " + rows.length + " shown";
  };
  for (const box of boxes) {
    box.disabled = false;
    box.addEventListener("change", filter);
  }
  floor.addEventListener("input", filter);
  words.addEventListener("input", filter);
  const choose = (on) => { boxes.forEach((b) => { b.checked = on; }); filter(); };
  document.querySelector("#every").addEventListener("click", () => {
    floor.value = 0;
    words.value = "";
    choose(true);
  });
  document.querySelector("#none").addEventListener("click", () => choose(false));

  for (const head of all(".rows th[data-by]")) {
    const by = head.dataset.by;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === (by === "score" ? "none" : "ascending");
      all(".rows th[data-by]").forEach((h) => h.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sign = down ? -1 : 1;
      const order = (a, b) => sign * (Number(a.dataset[by]) - Number(b.dataset[by])) || a.id.slice(1) - b.id.slice(1);
      body.append(...rows.sort(order));
    });
  }
  for (const row of rows) {
    const light = (on) => () => marks.get(row.id.slice(1))?.classList.toggle("on", on);
    row.addEventListener("mouseenter", light(true));
    row.addEventListener("mouseleave", light(false));
  }
  filter();
})();
