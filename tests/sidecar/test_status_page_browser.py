"""The page in a real browser: what a person sees, and what never happens.

The browser is Chromium: that of TENSORGATE_CHROMIUM, or the one on the path.
"""

import os
import shutil
import time

import pytest
from playwright.sync_api import expect, sync_playwright

from tensorgate.serving.model_state import ModelState, VersionState
from tensorgate.serving.sidecar.status.server import StatusServer
from tensorgate.serving.sidecar.status.traffic import Traffic

from .scenes import GOOD, HOSTILE, RANKER, SIGNATURE, accepted, bad, predict_error, rest_error, unknown_model

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
WAIT = 10_000  # milliseconds, some refreshes long
# Refreshes come ten times as often.
HURRY = "const later = setTimeout; window.setTimeout = (call, time) => later(call, time / 10);"
LOOKS = [("light", 1200), ("dark", 1200), ("light", 360), ("dark", 360)]


@pytest.fixture(scope="module")
def browser():
    found = os.environ.get("TENSORGATE_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield chromium
        chromium.close()


class Visit:
    """A page that is open, and all that went wrong on it."""

    def __init__(self, browser, server, scheme, width, script, hurried):
        self.host = f"http://127.0.0.1:{server.port}/"
        self.troubles = []
        self.context = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 800}, java_script_enabled=script
        )
        if hurried:
            self.context.add_init_script(HURRY)
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT)
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("dialog", lambda dialog: self.troubles.append(dialog.message))
        self.page.on("request", self._look)
        self.page.goto(self.host)

    def _look(self, request):
        if not request.url.startswith((self.host, "data:")):
            self.troubles.append(f"asked for {request.url}")

    def refreshed(self):
        """Wait until the page has been fetched again, and changed."""
        with self.page.expect_response(self.host):
            pass
        with self.page.expect_response(self.host):
            pass


@pytest.fixture
def gate():
    """What a gate would know: models and traffic that tests change."""

    class Gate:
        def __init__(self):
            self.models = [RANKER]
            self.traffic = Traffic(lambda: self.models)

        def record(self, *outcomes):
            for outcome in outcomes:
                self.traffic.record(outcome)

    return Gate()


@pytest.fixture
def visit(browser, gate):
    """Opens the page of the gate; nothing may have gone wrong on it."""
    server = StatusServer("127.0.0.1", 0, models=lambda: gate.models, traffic=gate.traffic, mode="enforce")
    server.start()
    visits = []

    def open_page(scheme="light", width=1200, script=True, hurried=False):
        visits.append(Visit(browser, server, scheme, width, script, hurried))
        visits[-1].server = server
        return visits[-1]

    yield open_page
    for opened in visits:
        opened.context.close()
    server.close()
    assert [opened.troubles for opened in visits] == [[]] * len(visits)


def hostile_model():
    long = "a_name_that_nobody_would_type_" * 8
    version = VersionState(10**12, {HOSTILE: SIGNATURE, long: SIGNATURE}, time.time(), (HOSTILE, long))
    return ModelState(f"{HOSTILE}{long}", f"/models/{long}", (version,), 10**12, {None: long, 3: HOSTILE})


def hostile_errors():
    names = [f"{HOSTILE}{number}" for number in range(80)]
    yield predict_error(**dict.fromkeys(names, GOOD["image"]))
    yield rest_error(b'{"instances": [{"</pre><script>document.title = 1</script>": 1}]}')


def crowd(gate):
    """Everything at once: models good, bad and hostile, and requests of all kinds."""
    gate.models = [RANKER, hostile_model(), ModelState("late", "/models/late", (), None, {None: "no such directory"})]
    name = gate.models[1].name
    gate.record(*[accepted()] * 50, *[accepted(name, 10**12, "rest")] * 20, unknown_model(HOSTILE))
    gate.record(bad(), bad(refused=False), *(bad(error, name, 10**12) for error in hostile_errors()))


def rows(page, heading):
    section = page.locator("section", has=page.get_by_role("heading", name=heading, exact=True))
    return [row.locator("td").all_inner_texts() for row in section.locator("tbody tr").all()]


def test_a_person_sees_the_facts(gate, visit):
    gate.record(*[accepted()] * 3, bad(), unknown_model())
    page = visit().page
    for text in ("ok", "mode enforce", "default", "canary", "The contract is that of version 8.", "1 problem"):
        expect(page.get_by_text(text, exact=True)).to_be_visible()
    requests = rows(page, "Traffic")
    assert [row[:5] for row in requests] == [
        ["ranker", "8", "gRPC Predict", "3", "1"],
        ["(none)", "\u2013", "gRPC Predict", "0", "1"],
    ]
    contract = rows(page, "Models")
    assert contract[0] == ["in", "image", "float32", "[batch, 2, 2]", "values 0 to 1, finite"]
    assert contract[1] == ["in", "ids", "int64", "[batch, seq]", "seq up to 512, values from 0"]
    assert contract[2][:4] == ["out", "score", "float32", "[batch]"]
    assert [row[:4] for row in rows(page, "What was wrong")] == [
        ["(none)", "(request)", "unknown_model", "1"],
        ["ranker", "ids", "missing", "1"],
    ]
    text = page.locator("details.refusal pre").nth(1)
    expect(text).to_be_visible()
    assert text.inner_text().rstrip() == str(predict_error(ids=None))
    assert page.locator("svg[role=img] rect").count() >= 2


def test_nobodys_names_are_executed(gate, visit):
    crowd(gate)
    opened = visit(hurried=True)
    opened.refreshed()
    assert opened.page.title() == "tensorgate"
    assert opened.page.locator("img").count() == 0
    assert opened.page.locator("script").count() == 1
    expect(opened.page.get_by_text(HOSTILE).first).to_be_visible()


def test_injected_markup_would_be_stopped_by_the_policy(visit):
    opened = visit()
    opened.page.evaluate("document.body.insertAdjacentHTML('beforeend', `<img src=x onerror=\"document.title=1\">`)")
    opened.page.wait_for_timeout(200)
    assert opened.page.title() == "tensorgate"
    assert all("Content Security Policy" in trouble or "/x" in trouble for trouble in opened.troubles)
    assert opened.troubles
    opened.troubles.clear()


def test_new_requests_appear_by_themselves(gate, visit):
    page = visit(hurried=True).page
    expect(page.get_by_text("No request has come yet.")).to_be_visible()
    gate.record(accepted(), bad())
    expect(page.locator("details.refusal")).to_have_count(1)
    expect(page.get_by_text("No request has come yet.")).to_have_count(0)
    assert [row[:4] for row in rows(page, "Traffic")] == [["ranker", "8", "gRPC Predict", "1"]]


def test_what_is_open_stays_open_and_what_is_closed_stays_closed(gate, visit):
    gate.record(*[bad()] * 6)
    opened = visit(hurried=True)
    page = opened.page
    refusals, model = page.locator("details.refusal"), page.locator("details.model")
    refusals.nth(4).locator("summary").click()
    refusals.nth(0).locator("summary").click()
    model.locator("summary").click()
    keys = [refusals.nth(number).get_attribute("data-key") for number in (4, 0)]
    gate.record(bad(), accepted())
    expect(refusals).to_have_count(7)
    opened.refreshed()
    read, closed = (page.locator(f"details.refusal[data-key='{key}']") for key in keys)
    assert read.get_attribute("open") is not None
    assert closed.get_attribute("open") is None
    assert model.get_attribute("open") is None
    assert refusals.first.get_attribute("open") is None


def test_what_is_read_does_not_vanish_when_it_is_no_longer_among_the_latest(gate, visit):
    gate.record(bad())
    opened = visit(hurried=True)
    read = opened.page.locator("details.refusal[data-key='1']")
    read.locator("summary").click()
    read.locator("summary").click()
    gate.record(*[bad()] * 150)
    expect(opened.page.locator("details.refusal")).to_have_count(101)
    expect(read.locator("pre")).to_be_visible()
    read.locator("summary").click()
    expect(opened.page.locator("details.refusal")).to_have_count(100)


def test_scroll_position_focus_and_selection_survive(gate, visit):
    gate.record(*[bad()] * 30)
    opened = visit(hurried=True)
    page = opened.page
    page.locator("details.refusal").nth(20).scroll_into_view_if_needed()
    page.locator("details.refusal").nth(20).locator("summary").focus()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))")
    key = page.locator("details.refusal").nth(20).get_attribute("data-key")
    place = page.locator(f"details.refusal[data-key='{key}']")
    before = place.bounding_box()["y"]
    gate.record(*[bad()] * 10, accepted(), unknown_model())
    expect(page.locator("details.refusal")).to_have_count(41)
    opened.refreshed()
    assert abs(place.bounding_box()["y"] - before) < 2
    assert page.evaluate("document.activeElement.parentElement.dataset.key") == key
    assert page.evaluate("getSelection().toString()") == "tensorgate"


def test_the_keyboard_opens_and_closes(gate, visit):
    gate.record(*[bad()] * 5)
    page = visit().page
    last = page.locator("details.refusal").nth(4)
    reached = False
    for _ in range(40):
        page.keyboard.press("Tab")
        if reached := last.locator("summary").evaluate("summary => summary === document.activeElement"):
            break
    assert reached
    assert last.locator("summary").evaluate("summary => getComputedStyle(summary).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(last.locator("pre")).to_be_visible()
    page.keyboard.press("Enter")
    expect(last.locator("pre")).not_to_be_visible()


def test_a_gate_that_is_gone_is_said_to_be_gone(visit):
    opened = visit(hurried=True)
    expect(opened.page.locator("#connection")).to_be_empty()
    opened.server.close()
    expect(opened.page.locator("#connection")).to_have_text("tensorgate does not answer; what is shown is old")
    opened.context.close()
    assert all("ERR_CONNECTION_REFUSED" in trouble for trouble in opened.troubles)
    opened.troubles.clear()


def test_it_works_without_script(gate, visit):
    crowd(gate)
    page = visit(script=False).page
    expect(page.get_by_text("mode enforce")).to_be_visible()
    first = page.locator("details.refusal").first
    expect(first.locator("pre")).to_be_visible()
    first.locator("summary").click()
    expect(first.locator("pre")).not_to_be_visible()
    assert page.locator("noscript meta[http-equiv=refresh]").count() == 1


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_nothing_scrolls_sideways_but_wide_tables(gate, visit, scheme, width):
    crowd(gate)
    page = visit(scheme, width).page
    page.locator("details:not([open]) > summary").evaluate_all("all => all.forEach(summary => summary.click())")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate(
        "width => [...document.querySelectorAll('body *')].filter(one => !one.closest('.wide, svg') && "
        "one.getBoundingClientRect().right > width + 1).map(one => one.outerHTML.slice(0, 80))",
        width,
    )
    assert outside == []


# The least of WCAG 2: 4.5 between a text and its ground.
CONTRASTS = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = channels(colour).slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (channels(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || node.closest("script, svg") || !node.checkVisibility()) continue;
    const [low, high] = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => a - b);
    found.push([(high + 0.05) / (low + 0.05), texts.currentNode.data.slice(0, 40)]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(gate, visit, scheme):
    crowd(gate)
    page = visit(scheme).page
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 100
    assert [text for contrast, text in contrasts if contrast < 4.5] == []


def test_dark_is_dark(visit):
    grounds = [
        visit(scheme).page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        for scheme in ("light", "dark")
    ]
    assert min(grounds[0][:3]) > 200
    assert max(grounds[1][:3]) < 60


def test_a_text_too_long_for_a_phone_wraps(gate, visit):
    gate.record(*(bad(error) for error in hostile_errors()))
    page = visit("light", 360).page
    for text in page.locator("details.refusal[open] pre").all():
        assert text.evaluate("pre => pre.scrollWidth <= pre.clientWidth")


@pytest.mark.parametrize("path", ["status.json", "metrics", "healthz"])
def test_the_links_lead_somewhere(visit, path):
    opened = visit()
    # A page of text can't name its icon, and the browser looks for one.
    opened.page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    with opened.page.expect_navigation() as navigation:
        opened.page.get_by_role("link", name=path).click()
    assert navigation.value.status == 200
