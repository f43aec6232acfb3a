// The triage queue: one request a decision, and the next article is there with its answer. Without
// this script the same links and buttons load pages.

const said = document.getElementById("triage-said");
const failed = document.getElementById("triage-failed");
const help = document.getElementById("triage-help");
const keysAct = document.getElementById("triage-keys");
const WAIT = 20_000; // milliseconds for an answer
const isRtl = document.documentElement.dir === "rtl";
const ARROWS = isRtl ? { ArrowLeft: "j", ArrowRight: "k" } : { ArrowRight: "j", ArrowLeft: "k" };
const KEYS_OFF = "triage-keys-off";
const WRITING = "input:not([type=checkbox]), textarea, select, [contenteditable]";

let isBusy = false; // a decision is on its way: what is pressed meanwhile is nobody's decision

const queue = () => document.getElementById("triage");

async function ask(address, options, remember) {
  if (isBusy) return;
  isBusy = true;
  failed.hidden = true;
  queue().setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, {
      ...options,
      headers: { "X-Fragment": "1" },
      signal: AbortSignal.timeout(WAIT),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("triage");
    if (next) show(next, remember);
    else fail(failed.dataset.odd);
  } catch {
    fail(failed.dataset.failed);
  } finally {
    isBusy = false;
    queue().removeAttribute("aria-busy");
  }
}

function show(next, remember) {
  queue().replaceWith(document.adoptNode(next));
  if (remember) history[remember](null, "", next.dataset.address);
  const headline = document.getElementById("triage-headline");
  // Read to those who hear it: what happened, then, by the focus, what is here now.
  said.textContent = next.dataset.said;
  headline.focus({ preventScroll: true });
  if (next.getBoundingClientRect().top < 0) next.scrollIntoView();
}

function fail(text) {
  failed.hidden = false;
  failed.textContent = text;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!queue().contains(form)) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  ask(form.action, { method: "POST", body }, "replaceState");
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("#triage a[data-go]");
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !isPlain || event.button) return;
  event.preventDefault();
  ask(link.href, {}, "pushState");
});

document.addEventListener("keydown", (event) => {
  const isOther = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
  if (isOther || event.repeat || event.defaultPrevented || !keysAct.checked) return;
  if (event.target.closest(WRITING)) return;
  const key = ARROWS[event.key] || event.key;
  if (key === "?") {
    help.open = !help.open;
    if (help.open) help.querySelector("summary").focus();
    event.preventDefault();
    return;
  }
  if (event.shiftKey) return;
  const target = queue().querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
});

addEventListener("popstate", () => ask(location.href, {}, null));
// A page that the browser kept may show what has been decided since.
addEventListener("pageshow", (event) => event.persisted && ask(location.href, {}, null));

keysAct.checked = !localStorage.getItem(KEYS_OFF);
keysAct.addEventListener("change", () => {
  if (keysAct.checked) localStorage.removeItem(KEYS_OFF);
  else localStorage.setItem(KEYS_OFF, "1");
});
document.documentElement.classList.add("has-keys");
