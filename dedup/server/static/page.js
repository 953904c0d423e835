"use strict";
// The pages are complete without this script: it shows what changes while one looks on.
(function () {
  const live = document.getElementById("live");
  if (!live || !window.EventSource) {
    return;
  }
  const status = document.getElementById("live-status");
  const toggle = document.getElementById("live-switch");
  const onFirst = live.dataset.first === "yes";
  const waitMs = 800;
  let since = Number(live.dataset.since);
  let source = null;
  let timer = 0;
  let changed = new Set();

  function connect() {
    const query = new URLSearchParams({ since: String(since) });
    if (live.dataset.story) {
      query.set("story_group", live.dataset.story);
    }
    source = new EventSource(`/v1/changes?${query}`);
    source.addEventListener("change", (event) => {
      const change = JSON.parse(event.data);
      since = Math.max(since, change.number);
      changed.add(change.story_group);
      // Many changes come at once: the list is query for once.
      timer = timer || window.setTimeout(show, waitMs);
    });
    source.addEventListener("error", () => {
      // A lost connection is taken up again by the browser, a refused one is not.
      if (source && source.readyState === EventSource.CLOSED) {
        report("Live updates are not available now.", true);
      }
    });
  }

  function disconnect() {
    source.close();
    source = null;
  }

  async function show() {
    timer = 0;
    const ids = changed;
    changed = new Set();
    if (!onFirst) {
      report(live.dataset.story ? "This story has changed." : "Stories have changed.", true);
      return;
    }
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        replace(new DOMParser().parseFromString(await answer.text(), "text/html"), ids);
      }
    } catch {
      // The server is away; the stream of changes comes back by itself.
    }
  }

  function replace(fresh, ids) {
    const focused = document.activeElement && document.activeElement.getAttribute("href");
    for (const id of ["story-list", "figures"]) {
      const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
      if (old && now) {
        old.replaceWith(document.adoptNode(now));
      }
    }
    let count = 0;
    for (const item of document.querySelectorAll("[data-story]")) {
      if (item !== live && ids.has(item.dataset.story)) {
        item.classList.add("fresh");
        count += 1;
      }
    }
    if (focused) {
      const again = document.querySelector(`#story-list a[href="${CSS.escape(focused)}"]`);
      if (again) {
        again.focus({ preventScroll: true });
      }
    }
    const time = new Date().toISOString().slice(11, 16);
    report(`${time} UTC: ${count === 1 ? "1 story" : `${count} stories`} of this list changed.`, false);
  }

  function report(text, again) {
    status.textContent = text;
    if (again && !status.querySelector("a")) {
      const link = document.createElement("a");
      link.href = location.href;
      link.textContent = "Show";
      status.append(" ", link);
    }
  }

  if (toggle) {
    toggle.addEventListener("click", () => {
      const on = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", String(on));
      if (on) {
        report("", false);
        connect();
      } else {
        report("Paused.", false);
        disconnect();
      }
    });
  }
  live.hidden = false;
  connect();
})();
