// What the page does without asking the server: pass clicks on, scroll, and show which citation is open.
// Each HTML component runs this file and then one of the functions below.

const narrow = () => window.matchMedia("(max-width: 900px)").matches;
const byId = (id) => document.getElementById(id);
const smooth = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

// A click on anything with data-event triggers that event of the component, with all data-* values.
function passClicksOn(element, trigger) {
  element.addEventListener("click", (click) => {
    const clicked = click.target.closest("[data-event]");
    if (clicked) trigger(clicked.dataset.event, { ...clicked.dataset });
  });
}

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
function centreMark(behavior) {
  const pane = byId("cb-source")?.querySelector(".cb-reading");
  if (!pane) return;
  const place = pane.querySelector("#cb-mark, #cb-place");
  if (!place) return;
  const box = place.getBoundingClientRect();
  const room = pane.clientHeight - box.height;
  const above = room > 0 ? room / 2 : 24; // a quote taller than the pane starts at its top
  pane.scrollTo({ top: pane.scrollTop + box.top - pane.getBoundingClientRect().top - above, behavior });
}

function goTo(element) {
  if (narrow()) element?.scrollIntoView({ behavior: smooth(), block: "start" });
}

function transcript(element, trigger, watch) {
  const pane = byId("cb-transcript");
  let following = true; // until the reader scrolls
  let turns = 0;
  const stop = () => (following = false);
  for (const moved of ["wheel", "touchmove", "keydown"]) element.addEventListener(moved, stop, { passive: true });

  passClicksOn(element, trigger);
  element.addEventListener("click", (click) => {
    const cited = click.target.closest("[data-event=cite]");
    if (!cited) return;
    if (`${cited.dataset.turn}-${cited.dataset.number}` === opened()) centreMark(smooth());
    goTo(byId("cb-source"));
  });

  watch("value", () => {
    showOpened();
    const all = element.querySelectorAll(".cb-turn");
    if (all.length !== turns) following = true;
    turns = all.length;
    if (!following || turns === 0) return;
    const last = all[turns - 1];
    if (narrow()) last.scrollIntoView({ behavior: smooth(), block: "start" });
    else pane.scrollTo({ top: pane.scrollTop + last.getBoundingClientRect().top - pane.getBoundingClientRect().top - 20, behavior: smooth() });
  });
}

function sourcePane(element, trigger, watch) {
  passClicksOn(element, trigger);
  element.addEventListener("click", (click) => {
    if (click.target.closest(".cb-back")) goTo(document.querySelector("#cb-transcript .cb-turn:last-child"));
  });
  watch("value", () => {
    showOpened();
    centreMark("auto");
  });
}

function library(element, trigger) {
  passClicksOn(element, trigger);
  element.addEventListener("click", (click) => {
    if (click.target.closest("[data-event]")) goTo(byId("cb-source"));
  });
}
