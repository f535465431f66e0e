// What the page does without asking the server: pass clicks on, scroll, show which citation is open, find words.
// Loaded once, in the page's head; each HTML component calls the one of the functions at the end that is its own.

(() => {
const narrow = () => window.matchMedia("(max-width: 900px)").matches;
const byId = (id) => document.getElementById(id);
const smooth = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

// A click on anything with data-event triggers that event of the component, with all data-* values and what stands in
// the fields beside it; so does Enter in such a field.
function passClicksOn(element, trigger) {
  element.addEventListener("click", (click) => {
    const clicked = click.target.closest("[data-event]");
    if (!clicked) return;
    const fields = [...clicked.parentElement.querySelectorAll(":scope > input[name]")].map((field) => [field.name, field.value]);
    trigger(clicked.dataset.event, { ...clicked.dataset, ...Object.fromEntries(fields) });
  });
  element.addEventListener("keydown", (key) => {
    if (key.key === "Enter" && key.target.matches("input[name]")) key.target.parentElement.querySelector("[data-event]")?.click();
  });
}

// On a phone one pane is shown at a time; a panel stands in the place of all panes.
function show(pane) {
  const page = byId("cb-page");
  if (!page) return;
  const panel = pane.startsWith("panel-");
  if (!panel) page.dataset.pane = pane;
  page.dataset.panel = panel ? pane : "";
  if (pane === "source") requestAnimationFrame(() => centreMark("auto")); // what is not shown cannot be scrolled
  page.classList.toggle("cb-away", panel);
  for (const tab of document.querySelectorAll("#cb-top [data-pane]")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.pane === pane));
  }
  for (const each of document.querySelectorAll(".cb-panel")) each.classList.toggle("cb-shown", panel && each.id === `cb-${pane}`);
}

const paneNow = (which) => byId("cb-page")?.dataset[which] ?? "";

const opened = () => byId("cb-source")?.querySelector("[data-opened]")?.dataset.opened ?? "";

// The chips and list entries of the open citation, in the transcript.
function showOpened() {
  const key = opened();
  for (const button of document.querySelectorAll("#cb-transcript [data-event=cite]")) {
    const current = key !== "" && `${button.dataset.turn}-${button.dataset.number}` === key;
    button.classList.toggle("cb-open", current);
    if (current) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

// Scrolls the reading pane alone: scrollIntoView would move the whole page with it.
function centre(place, behavior) {
  const pane = byId("cb-source")?.querySelector(".cb-reading");
  if (!pane || !place) return;
  const box = place.getBoundingClientRect();
  const room = pane.clientHeight - box.height;
  const above = room > 0 ? room / 2 : 24; // a quote taller than the pane starts at its top
  pane.scrollTo({ top: pane.scrollTop + box.top - pane.getBoundingClientRect().top - above, behavior });
}

const centreMark = (behavior) => centre(byId("cb-source")?.querySelector("#cb-mark, #cb-place"), behavior);

// ---- the bar on top: panes, panels, settings, theme ----

function topBar(element) {
  const theme = localStorage.getItem("cb-theme");
  if (theme) document.body.classList.toggle("dark", theme === "dark");
  const drawn = () => byId("cb-drawer")?.classList.contains("cb-drawn");
  const drawer = (open) => {
    byId("cb-drawer")?.classList.toggle("cb-drawn", open);
    const button = element.querySelector("[data-drawer]");
    button.setAttribute("aria-expanded", String(open));
    if (open) byId("cb-drawer")?.querySelector("input, textarea")?.focus();
    else if (byId("cb-drawer")?.contains(document.activeElement)) button.focus();
  };
  element.addEventListener("click", (click) => {
    const clicked = click.target.closest("button");
    if (!clicked) return;
    if (clicked.dataset.pane) show(paneNow("panel") === clicked.dataset.pane ? "chat" : clicked.dataset.pane);
    if (clicked.dataset.drawer !== undefined) drawer(!drawn());
    const place = clicked.dataset.place ?? "";
    if (/^\/(?:w\/[\w-]+\/|account)$/.test(place)) location.assign(place);
    if (clicked.dataset.leave !== undefined) fetch("/logout", { method: "POST" }).finally(() => location.assign("/login"));
    if (clicked.dataset.theme !== undefined) {
      const dark = document.body.classList.toggle("dark");
      localStorage.setItem("cb-theme", dark ? "dark" : "light");
    }
  });
  byId("cb-fresh")?.addEventListener("click", () => show("chat"));
  document.addEventListener("keydown", (key) => {
    if (key.key === "/" && !isTyping(key.target) && !key.ctrlKey && !key.metaKey && !key.altKey) {
      key.preventDefault();
      show("chat");
      byId("cb-ask-box")?.querySelector("textarea")?.focus();
    }
    if (key.key === "Escape") {
      if (byId("cb-hover")) return hideQuote();
      if (drawn()) return drawer(false);
      if (paneNow("panel")) return show("chat");
      if (narrow() && paneNow("pane") !== "chat") return show("chat");
      const current = document.querySelector("#cb-transcript .cb-chip.cb-open");
      if (byId("cb-side")?.contains(key.target)) current?.focus();
    }
    if (key.key === "Tab") hideQuote();
  });
  show("chat");
}

// ---- the card that hovers over a citation mark ----

function hideQuote() {
  byId("cb-hover")?.remove();
}

function showQuote(chip) {
  hideQuote();
  const card = document.createElement("div");
  card.id = "cb-hover";
  card.setAttribute("role", "tooltip");
  for (const [tag, words] of [["blockquote", chip.dataset.quote], ["cite", chip.dataset.title], ["p", chip.dataset.who]]) {
    if (!words) continue;
    const line = document.createElement(tag);
    line.textContent = words;
    card.append(line);
  }
  document.querySelector(".gradio-container").append(card);
  const mark = chip.getBoundingClientRect();
  const box = card.getBoundingClientRect();
  const below = mark.bottom + 8 + box.height < innerHeight;
  card.style.left = `${Math.max(8, Math.min(mark.left - 12, innerWidth - box.width - 8))}px`;
  card.style.top = `${below ? mark.bottom + 8 : Math.max(8, mark.top - box.height - 8)}px`;
}

// For those who hear the page.
function announce(words) {
  let status = byId("cb-announce");
  if (!status) {
    status = document.createElement("p");
    status.id = "cb-announce";
    status.className = "cb-aside";
    status.setAttribute("role", "status");
    byId("cb-chat").append(status);
  }
  status.textContent = "";
  setTimeout(() => (status.textContent = words), 50);
}

// ---- chat ----

async function copy(button) {
  const words = button.textContent;
  if (words === "Copied") return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const area = document.createElement("textarea"); // a page that is not served safely has no clipboard
    area.value = button.dataset.copy;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = words), 1500);
}

function download(name) {
  const link = document.createElement("a");
  link.href = `citeback/export/${encodeURIComponent(name)}`; // below where the page is
  link.download = "";
  link.click();
}

// A question whose answer a reload has cut off.
function giveBack(question) {
  const box = byId("cb-ask-box")?.querySelector("textarea");
  if (!box || box.value) return;
  box.value = question;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// The citation mark before or after one, across all answers.
function stepFrom(chip, by) {
  const chips = [...document.querySelectorAll("#cb-transcript .cb-chip, #cb-transcript .cb-card-refusal .cb-citation")];
  const next = chips[chips.indexOf(chip) + by];
  if (!next) return;
  next.focus();
  next.click();
}

const openChip = () => document.querySelector("#cb-transcript :is(.cb-chip, .cb-card-refusal .cb-citation).cb-open");

function transcript(element, trigger, watch) {
  const pane = byId("cb-transcript");
  let following = true; // until the reader scrolls
  let turns = 0;
  let wasLive = false;
  const stop = () => (following = false);
  for (const moved of ["wheel", "touchmove"]) element.addEventListener(moved, stop, { passive: true });

  passClicksOn(element, trigger);
  element.addEventListener("click", (click) => {
    hideQuote();
    const copying = click.target.closest("[data-copy]");
    if (copying) copy(copying);
    const saving = click.target.closest("[data-download]");
    if (saving) download(saving.dataset.download);
    if (click.target.closest("[data-event=edit]")) setTimeout(() => byId("cb-ask-box")?.querySelector("textarea")?.focus(), 300);
    const cited = click.target.closest("[data-event=cite]");
    if (!cited) return;
    if (`${cited.dataset.turn}-${cited.dataset.number}` === opened()) centreMark(smooth());
    if (narrow()) show("source");
  });
  for (const [come, go] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    element.addEventListener(come, (event) => {
      const chip = event.target.closest(".cb-chip");
      if (chip && (come === "mouseover" || chip.matches(":focus-visible"))) showQuote(chip);
    });
    element.addEventListener(go, (event) => event.target.closest(".cb-chip") && hideQuote());
  }
  element.addEventListener("keydown", (key) => {
    const chip = key.target.closest("[data-event=cite]");
    if (!chip || !["ArrowLeft", "ArrowRight"].includes(key.key)) return;
    key.preventDefault();
    stepFrom(chip, key.key === "ArrowLeft" ? -1 : 1);
  });

  window.addEventListener("popstate", () => location.reload());
  const left = sessionStorage.getItem("cb-asking");
  sessionStorage.removeItem("cb-asking");
  if (left) setTimeout(() => giveBack(left), 600); // the box is not there yet

  watch("value", () => {
    hideQuote();
    showOpened();
    const kept = element.querySelector(".cb-talk")?.dataset.conversation ?? "";
    const address = new URL(location.href);
    const before = address.searchParams.get("c") ?? "";
    if (kept !== before) {
      if (kept) address.searchParams.set("c", kept);
      else address.searchParams.delete("c");
      // Back leads from one conversation to the one before.
      if (before && kept) history.pushState(null, "", address);
      else history.replaceState(null, "", address);
    }
    const asking = element.querySelector("[data-live] .cb-question")?.textContent;
    if (asking) sessionStorage.setItem("cb-asking", asking);
    else if (wasLive) sessionStorage.removeItem("cb-asking");
    const all = element.querySelectorAll(".cb-turn");
    const live = element.querySelector("[data-live]") !== null;
    if (wasLive && !live && all.length) announce("The answer is there.");
    wasLive = live;
    if (all.length > turns) following = true;
    turns = all.length;
    if (!following || turns === 0) return;
    const last = all[turns - 1];
    pane.scrollTo({ top: pane.scrollTop + last.getBoundingClientRect().top - pane.getBoundingClientRect().top - 20, behavior: smooth() });
  });
}

// ---- source ----

function found(element, words) {
  const places = [];
  const pane = element.querySelector(".cb-reading");
  if (!pane || !words) return places;
  const wanted = words.toLowerCase();
  const nodes = [];
  let whole = "";
  const walker = document.createTreeWalker(pane, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    nodes.push([whole.length, walker.currentNode]);
    whole += walker.currentNode.data;
  }
  const at = (offset) => {
    let low = 0;
    for (let high = nodes.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if (nodes[middle][0] <= offset) low = middle;
      else high = middle;
    }
    return [nodes[low][1], Math.min(offset - nodes[low][0], nodes[low][1].length)];
  };
  const text = whole.toLowerCase();
  for (let start = text.indexOf(wanted); start >= 0 && places.length < 999; start = text.indexOf(wanted, start + wanted.length)) {
    const range = document.createRange();
    range.setStart(...at(start));
    range.setEnd(...at(start + wanted.length));
    places.push(range);
  }
  return places;
}

function sourcePane(element, trigger, watch) {
  let places = [];
  let current = -1;
  const mark = () => {
    if (!globalThis.CSS?.highlights) return;
    CSS.highlights.set("cb-found", new Highlight(...places));
    CSS.highlights.set("cb-current", new Highlight(...places.slice(Math.max(0, current), current + 1)));
  };
  const look = (words) => {
    places = found(element, words.trim());
    current = places.length ? 0 : -1;
    told(words);
  };
  const told = (words) => {
    mark();
    const status = element.querySelector(".cb-found");
    if (status) status.textContent = words.trim() ? `${current + 1} of ${places.length}` : "";
    if (current >= 0) centre(places[current], "auto");
  };

  const wide = () => {
    const reads = byId("cb-page")?.classList.contains("cb-reads") ?? false;
    element.querySelector("[data-wide]")?.setAttribute("aria-pressed", String(reads));
  };

  passClicksOn(element, trigger);
  element.addEventListener("click", (click) => {
    if (click.target.closest(".cb-back")) show("chat");
    if (click.target.closest("[data-wide]")) {
      byId("cb-page").classList.toggle("cb-reads");
      wide();
      centreMark("auto");
    }
    const step = click.target.closest("[data-step]");
    const chip = openChip() ?? document.querySelector("#cb-transcript .cb-chip");
    if (step && chip) stepFrom(chip, Number(step.dataset.step));
    const goto = click.target.closest("[data-goto]");
    if (!goto) return;
    const heading = element.querySelector(`[data-at="${CSS.escape(goto.dataset.goto)}"]`);
    goto.closest("details").open = false;
    if (heading) centre(heading, smooth());
    else trigger("open", { document: goto.dataset.document, around: goto.dataset.goto, view: "text" });
  });
  element.addEventListener("input", (input) => {
    if (input.target.matches(".cb-find")) look(input.target.value);
  });
  element.addEventListener("keydown", (key) => {
    if (!key.target.matches(".cb-find") || key.key !== "Enter" || !places.length) return;
    current = (current + (key.shiftKey ? places.length - 1 : 1)) % places.length;
    told(key.target.value);
  });
  watch("value", () => {
    places = [];
    current = -1;
    mark();
    wide();
    showOpened();
    centreMark("auto");
    if (element.querySelector("section") && !opened() && narrow()) show("source");
  });
}

// ---- library and conversations ----

function closeOthers(element) {
  element.addEventListener("toggle", (event) => {
    if (!event.target.open) return;
    for (const other of element.querySelectorAll("details[open]")) if (other !== event.target) other.open = false;
  }, true);
}

// A listing is replaced whole: what was open or had the focus is found again in the new one.
function keepPlace(element, watch) {
  const named = (each) => each?.closest("[data-document], [data-conversation]") ?? each?.closest("li")?.querySelector("[data-document], [data-conversation]");
  const key = (each) => each?.dataset.document ?? each?.dataset.conversation;
  let open = null;
  let focus = null;
  element.addEventListener("toggle", (event) => {
    const row = key(named(event.target));
    if (event.target.open) open = row;
    else if (event.target.isConnected && open === row) open = null;
  }, true);
  element.addEventListener("focusin", (event) => (focus = [key(named(event.target)), event.target.dataset.event ?? event.target.tagName]));
  element.addEventListener("focusout", (event) => event.relatedTarget && !element.contains(event.relatedTarget) && (focus = null));
  element.addEventListener("click", (click) => {
    if (click.target.closest("details [data-event]")) click.target.closest("details").open = false; // it is done
  });
  watch("value", () => {
    for (const row of element.querySelectorAll("li")) {
      const mine = key(row.querySelector("[data-document], [data-conversation]"));
      if (open && mine === open) row.querySelector("details").open = true;
      if (!focus || mine !== focus[0] || document.activeElement !== document.body) continue;
      (row.querySelector(`[data-event="${CSS.escape(focus[1])}"]`) ?? row.querySelector("summary"))?.focus();
    }
  });
}

function library(element, trigger, watch) {
  closeOthers(element);
  keepPlace(element, watch);
  passClicksOn(element, trigger);
  element.addEventListener("click", (click) => {
    if (click.target.closest("[data-event=open]") && narrow()) show("source");
  });
}

function conversations(element, trigger, watch) {
  closeOthers(element);
  keepPlace(element, watch);
  passClicksOn(element, trigger);
  element.addEventListener("click", (click) => {
    if (click.target.closest("[data-event=reopen]")) show("chat");
    const renaming = click.target.closest("[data-rename]");
    if (!renaming) return;
    const box = document.createElement("input");
    box.value = renaming.dataset.rename;
    box.setAttribute("aria-label", "New title");
    box.maxLength = 120;
    box.addEventListener("keydown", (key) => {
      if (key.key === "Enter") {
        box.closest("details").open = false;
        trigger("rename", { conversation: renaming.dataset.conversation, title: box.value });
      }
      if (key.key === "Escape") {
        key.stopPropagation();
        box.replaceWith(renaming);
        renaming.focus();
      }
    });
    renaming.replaceWith(box);
    box.focus();
    box.select();
  });
}

globalThis.citeback = { passClicksOn, topBar, transcript, sourcePane, library, conversations };
})();
