"use strict";
// The pages are complete without this script: it shows what changes while one looks on.
(function () {
  const live = document.getElementById("live");
  if (!live || !window.EventSource) {
    return;
  }
  const said = document.getElementById("live-said");
  const toggle = document.getElementById("live-switch");
  const onFirst = live.dataset.first === "yes";
  const waitMs = 800;
  let since = Number(live.dataset.since);
  let source = null;
  let timer = 0;
  let changed = new Set();

  function connect() {
    const asked = new URLSearchParams({ since: String(since) });
    if (live.dataset.story) {
      asked.set("story_group", live.dataset.story);
    }
    source = new EventSource(`/v1/changes?${asked}`);
    source.addEventListener("change", (event) => {
      const change = JSON.parse(event.data);
      since = Math.max(since, change.number);
      changed.add(change.story_group);
      // Many changes come at once: the list is asked for once.
      timer = timer || window.setTimeout(show, waitMs);
    });
    source.addEventListener("error", () => {
      // A lost connection is taken up again by the browser, a refused one is not.
      if (source && source.readyState === EventSource.CLOSED) {
        tell("The server tells no changes now.", true);
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
      tell(live.dataset.story ? "This story has changed." : "Stories have changed.", true);
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
    tell(`${time} UTC: ${count === 1 ? "1 story" : `${count} stories`} of this list changed.`, false);
  }

  function tell(text, again) {
    said.textContent = text;
    if (again && !said.querySelector("a")) {
      const link = document.createElement("a");
      link.href = location.href;
      link.textContent = "Show";
      said.append(" ", link);
    }
  }

  if (toggle) {
    toggle.addEventListener("click", () => {
      const on = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", String(on));
      if (on) {
        tell("", false);
        connect();
      } else {
        tell("Paused.", false);
        disconnect();
      }
    });
  }
  live.hidden = false;
  connect();
})();
