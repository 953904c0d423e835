"use strict";
// The page is complete without this script: it adds the filter and the order.
(function () {
  const byId = (id) => document.getElementById(id);
  const list = byId("story-list");
  const query = byId("query");
  const order = byId("order");
  const several = byId("several");
  const openAll = byId("open-all");
  const languages = [...document.querySelectorAll("input[name=language]")];
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  const items = [...document.querySelectorAll("[data-item]")].filter(
    (element) => element.dataset.item === "story" || element.closest("#singles"),
  );
  const entries = items.map((element) => ({
    element,
    story: element.dataset.item === "story",
    languages: element.dataset.langs.split(" "),
    text: fold([...element.querySelectorAll("[data-find]")].map((found) => found.textContent).join("\n")),
  }));
  const stories = entries.filter((entry) => entry.story);
  const singles = entries.filter((entry) => !entry.story);

  function filter() {
    const words = fold(query.value).split(/\s+/).filter(Boolean);
    const wanted = languages.filter((box) => box.checked).map((box) => box.value);
    for (const entry of entries) {
      entry.element.hidden = !(
        words.every((word) => entry.text.includes(word)) &&
        (!wanted.length || wanted.some((language) => entry.languages.includes(language))) &&
        (!several.checked || entry.languages.filter((language) => language !== "?").length > 1)
      );
    }
    const count = (some) => some.filter((entry) => !entry.element.hidden).length;
    let shown = `${count(stories)} of ${stories.length} stories shown`;
    if (singles.length) {
      shown += `, ${count(singles)} of ${singles.length} listed single articles`;
    }
    byId("shown").value = `${shown}.`;
  }

  function sort() {
    const key = order.value;
    const sign = key === "last" ? -1 : 1;
    // Without dates (0) comes last.
    const value = (entry) => sign * Number(entry.element.dataset[key]) || Infinity;
    const size = (entry) => Number(entry.element.dataset.size);
    const sorted = [...stories].sort((a, b) => {
      const [first, second] = [value(a), value(b)];
      return first === second ? size(a) - size(b) : first < second ? -1 : 1;
    });
    list.append(...sorted.map((entry) => entry.element));
  }

  function toggle() {
    const open = openAll.getAttribute("aria-pressed") !== "true";
    openAll.setAttribute("aria-pressed", String(open));
    openAll.textContent = open ? "Close all" : "Open all";
    for (const { element } of stories) {
      if (!element.hidden) {
        element.querySelector("details.inside").open = open;
      }
    }
  }

  function openTarget() {
    const target = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
    const inside = target && target.querySelector("details.inside");
    if (inside && target.matches("article")) {
      inside.open = true;
    }
  }

  query.addEventListener("input", filter);
  for (const box of [several, ...languages]) {
    box.addEventListener("change", filter);
  }
  order.addEventListener("change", sort);
  openAll.addEventListener("click", toggle);
  window.addEventListener("hashchange", openTarget);
  byId("filter").hidden = stories.length === 0;
  filter();
  openTarget();
})();
