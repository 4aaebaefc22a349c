"use strict";
// Fetches the page again every few seconds and changes what differs, in place: the scroll position, the focus, a
// selection and what is open stay as they are.
const SECONDS = 2;
const connection = document.getElementById("connection");

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
  // What the reader has opened or closed is the reader's.
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
    if (!found) {
      shown.insertBefore(document.importNode(wanted, true), at);
      continue;
    }
    while (at !== found) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
    update(found, wanted);
    at = found.nextSibling;
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

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
