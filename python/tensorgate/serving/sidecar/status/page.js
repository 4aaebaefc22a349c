"use strict";
// Fetches the page again every few seconds and changes what differs, in place: the scroll position, the focus, a
// selection and what is open stay as they are.
const SECONDS = 2;
const connection = document.getElementById("connection");
const opened = new WeakSet(); // by the reader

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null;
}

function isAlike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && keyOf(one) === keyOf(other);
}

function update(shown, fresh) {
  if (shown.isEqualNode(fresh)) return;
  if (shown.nodeType !== Node.ELEMENT_NODE) {
    shown.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...shown.attributes]) {
    if (name !== "open" && !fresh.hasAttribute(name)) shown.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== "open" && shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  let at = shown.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    let found = at;
    while (found && !isAlike(found, wanted)) found = found.nextSibling;
    if (found) {
      removeUntil(found, at);
      update(found, wanted);
      at = found.nextSibling;
    } else {
      const added = document.importNode(wanted, true);
      if (keyOf(added)) added.removeAttribute("open"); // nothing unfolds under the reader's eyes
      shown.insertBefore(added, at);
    }
  }
  removeUntil(null, at);
}

// What the reader has opened stays to be read, though it may be no longer among the latest.
function removeUntil(end, node) {
  while (node !== end) {
    const next = node.nextSibling;
    if (!(opened.has(node) && node.open)) node.remove();
    node = next;
  }
}

document.addEventListener("click", ({ target }) => {
  const summary = target.closest("summary");
  if (summary) opened.add(summary.parentElement);
});

async function refresh() {
  try {
    const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (!answer.ok) throw new Error(answer.status);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    update(document.getElementById("page"), fresh.getElementById("page"));
    connection.textContent = "";
    document.body.classList.remove("stale");
  } catch {
    connection.textContent = "tensorgate does not answer; what is shown is old";
    document.body.classList.add("stale");
  }
}

async function watch() {
  for (;;) {
    await new Promise((done) => setTimeout(done, SECONDS * 1000));
    if (!document.hidden) await refresh();
  }
}

watch();
