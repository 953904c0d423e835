"use strict";
// The page is complete without this script: it adds the filter and the order, and keeps only
// the beginning of a long list in the document, so that it opens and is filtered at once.
document.documentElement.classList.add("scripted");
document.addEventListener("DOMContentLoaded", () => {
  const byId = (id) => document.getElementById(id);
  const list = byId("story-list");
  if (!list) {
    return;
  }
  const FIRST = 100;
  const MORE = 500;
  let limit = FIRST;
  const [query, source, since, until, least, order, several] = [
    "query", "source", "since", "until", "least", "order", "several",
  ].map(byId);
  const languages = [...document.querySelectorAll("input[name=language]")];
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const DAY = 86400;

  const headlinesOf = (lines = "") =>
    new Map(
      lines.split("\n").filter(Boolean).map((line) => {
        const [language, ...shown] = line.split("\t");
        return [language, shown];
      }),
    );

  // The details of a story are not part of the document before they are opened.
  function folded(element) {
    const details = element.querySelector("details.story");
    if (!details || details.open) {
      return null;
    }
    const body = document.createDocumentFragment();
    body.append(...[...details.children].slice(1));
    details.addEventListener("toggle", () => details.append(body), { once: true });
    return body;
  }

  const entries = [...list.children].map((element) => {
    const data = element.dataset;
    return {
      element,
      body: folded(element),
      headline: null,
      headlines: headlinesOf(data.headlines),
      languages: data.langs.split(" "),
      articles: Number(data.articles),
      size: Number(data.size),
      first: Number(data.first) || 0,
      last: Number(data.last) || 0,
      shownIn: "",
    };
  });
  let ordered = entries;
  let matching = entries;

  // What is searched is read from the page when it is first needed.
  function text(entry) {
    if (entry.text === undefined) {
      const { element, body, headlines } = entry;
      const found = [element, ...(body ? [body] : [])].flatMap((part) => [
        ...part.querySelectorAll(".headline, [data-find]"),
      ]);
      const parts = found.map((part) => part.textContent);
      const { sources, words } = element.dataset;
      const others = [...headlines.values()].map((shown) => shown[1]);
      entry.text = fold([...parts, ...others, sources, words].join("\n"));
    }
    return entry.text;
  }

  function sources(entry) {
    entry.sources ??= fold(entry.element.dataset.sources);
    return entry.sources;
  }

  const seconds = (input) => (input.value ? Date.parse(`${input.value}T00:00:00Z`) / 1000 : 0);

  function wanted() {
    const words = fold(query.value).split(/\s+/).filter(Boolean);
    const outlet = fold(source.value.trim());
    const spoken = languages.filter((box) => box.checked).map((box) => box.value);
    const [from, to] = [seconds(since), seconds(until)];
    const size = Number(least.value);
    const known = (entry) => entry.languages.filter((language) => language !== "?");
    const rules = [
      size > 1 && ((entry) => entry.articles >= size),
      from && ((entry) => entry.last && entry.last >= from),
      to && ((entry) => entry.first && entry.first < to + DAY),
      several.checked && ((entry) => known(entry).length > 1),
      spoken.length && ((entry) => spoken.some((language) => entry.languages.includes(language))),
      outlet && ((entry) => sources(entry).includes(outlet)),
      words.length && ((entry) => words.every((word) => text(entry).includes(word))),
    ].filter(Boolean);
    return rules;
  }

  // The headline in the first of the chosen languages that the story has.
  function showHeadline(entry, spoken) {
    const chosen = spoken.find((language) => entry.languages.includes(language)) || "";
    const language = entry.headlines.has(chosen) ? chosen : "";
    if (language === entry.shownIn) {
      return;
    }
    const part = entry.element.querySelector(".headline");
    entry.headline ??= [part.lang, part.textContent];
    [part.lang, part.textContent] = language ? entry.headlines.get(language) : entry.headline;
    entry.shownIn = language;
  }

  function show() {
    const spoken = languages.filter((box) => box.checked).map((box) => box.value);
    const shown = matching.slice(0, limit);
    for (const entry of shown) {
      showHeadline(entry, spoken);
    }
    list.replaceChildren(...shown.map((entry) => entry.element));
    const more = Math.min(MORE, matching.length - shown.length);
    byId("more").hidden = more <= 0;
    byId("more").textContent = `Show ${more.toLocaleString("en")} more`;
  }

  function filter() {
    const rules = wanted();
    matching = ordered.filter((entry) => rules.every((rule) => rule(entry)));
    limit = FIRST;
    show();
    const [count, all] = [matching, entries].map((some) => some.length.toLocaleString("en"));
    byId("shown").value = rules.length ? `${count} of ${all} stories match.` : "";
    byId("clear").hidden = !rules.length;
  }

  function sort() {
    const key = order.value;
    const sign = key === "last" ? -1 : 1;
    // Without dates (0) comes last.
    const value = (entry) => (key === "size" ? 0 : sign * entry[key] || Infinity);
    ordered = [...entries].sort((a, b) => {
      const [first, second] = [value(a), value(b)];
      return first === second ? a.size - b.size : first < second ? -1 : 1;
    });
    filter();
  }

  function clear() {
    query.value = source.value = since.value = until.value = "";
    least.value = "1";
    for (const box of [several, ...languages]) {
      box.checked = false;
    }
    filter();
  }

  function openTarget() {
    const id = decodeURIComponent(location.hash.slice(1));
    const entry = entries.find(({ element }) => element.id === id);
    if (!entry) {
      return;
    }
    if (!matching.includes(entry)) {
      clear();
    }
    limit = Math.max(limit, matching.indexOf(entry) + FIRST);
    show();
    const details = entry.element.querySelector("details.story");
    if (details) {
      details.open = true;
    }
    entry.element.scrollIntoView();
  }

  for (const input of [query, source, since, until]) {
    input.addEventListener("input", filter);
  }
  for (const box of [least, several, ...languages]) {
    box.addEventListener("change", filter);
  }
  order.addEventListener("change", sort);
  byId("clear").addEventListener("click", () => {
    clear();
    query.focus();
  });
  byId("more").addEventListener("click", () => {
    limit += MORE;
    show();
  });
  // On paper there is no button.
  window.addEventListener("beforeprint", () => {
    limit = Infinity;
    show();
  });
  window.addEventListener("hashchange", openTarget);
  byId("filter").hidden = false;
  filter();
  list.classList.add("ready");
  openTarget();

  let prepared = 0;
  const idle = window.requestIdleCallback || ((run) => setTimeout(run, 100, null));
  idle(function prepare(deadline) {
    while (prepared < entries.length && (!deadline || deadline.timeRemaining() > 2)) {
      text(entries[prepared]);
      prepared += 1;
    }
    if (prepared < entries.length) {
      idle(prepare);
    }
  });
});
