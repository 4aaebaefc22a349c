"""The page at `/`: one text, with its style and its script, that asks nothing else of anyone."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from tensorgate._core import Signature
from tensorgate.serving.model_state import ModelState
from tensorgate.serving.sidecar.status.chart import chart
from tensorgate.serving.sidecar.status.contract_rows import Row, input_rows, output_rows
from tensorgate.serving.sidecar.status.facts import OK, Status
from tensorgate.serving.sidecar.status.histogram import Histogram, merged
from tensorgate.serving.sidecar.status.input_names import OTHER
from tensorgate.serving.sidecar.status.markup import Content, Markup, element
from tensorgate.serving.sidecar.status.traffic import (
    ACCEPTED,
    BYTES,
    LET_PASS,
    NONE,
    REFUSED,
    SECONDS,
    Key,
    Refusal,
    Requests,
)
from tensorgate.serving.sidecar.status.wording import NOTHING, age, duration, moment, number, plural, share, size

_OPEN_MODELS = 3  # up to so many models show their contracts at once
_OPEN_KINDS = 16  # and so many kinds of requests
_OPEN_REFUSALS = 3  # of the latest, when the page is opened
_RATE_SECONDS = 10
_MOST_FAULTS = 50
_NAMES = {"grpc": "gRPC", "rest": "REST", ACCEPTED: "accepted", REFUSED: "refused", LET_PASS: "let pass"}

_STYLE = Markup(files(__package__).joinpath("page.css").read_text("utf-8"))
_SCRIPT = Markup(files(__package__).joinpath("page.js").read_text("utf-8"))
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath d='M3 2v12M13 2v12M3 5h10M3 11h10' stroke='%230a7d6c' stroke-width='2.4' fill='none'/%3E%3C/svg%3E"
)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src {_hash(_STYLE)}",
        f"script-src {_hash(_SCRIPT)}",
        "img-src data:",
        "connect-src 'self'",
        *(f"{what} 'none'" for what in ("base-uri", "form-action", "frame-ancestors")),
    )
)


def page(status: Status) -> str:
    """Return the page of a moment."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", "tensorgate"),
        element("link", rel="icon", href=_ICON),
        element("style", _STYLE),
        element("noscript", element("meta", http_equiv="refresh", content="30")),
    )
    body = element(
        "body",
        element(
            "div",
            _header(status),
            element("main", _traffic(status), _models(status), _faults(status), _latest(status)),
            id="page",
        ),
        _footer(),
        element("script", _SCRIPT),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _header(status: Status) -> Markup:
    return element(
        "header",
        element("h1", "tensorgate"),
        element("span", status.health, class_="state good" if status.health == OK else "state bad"),
        element(
            "ul",
            element("li", f"mode {status.mode}{_sampled(status)}"),
            element("li", f"up {age(status.now - status.started)}", title=f"since {moment(status.started)}"),
            element("li", f"version {status.version}"),
        ),
    )


def _sampled(status: Status) -> str:
    return f" {100 * status.sample_rate:g}%" if status.mode == "sample" else ""


def _footer() -> Markup:
    pages = ("status.json", "metrics", "healthz")
    return element(
        "footer",
        element("nav", [element("a", name, href=f"/{name}") for name in pages]),
        element("p", id="connection", role="status"),
    )


def _section(key: str, title: str, *content: Content) -> Markup:
    return element("section", element("h2", title), *content, data_key=key)


def _traffic(status: Status) -> Markup:
    requests = status.traffic.requests
    total = sum(counted.count for counted in requests.values())
    # The second that has just begun would pull the rate down.
    lately = [sum(counts) for counts in status.traffic.by_second[-_RATE_SECONDS - 1 : -1]]
    figures = [
        ("requests", number(total), f"{sum(lately) / _RATE_SECONDS:,.1f}/s lately"),
        *(
            (_NAMES[verdict], number(count), f"{share(count, total)} of all")
            for verdict in _bad_verdicts(status)
            for count in (_count(requests, verdict),)
        ),
        _times(merged(SECONDS, (counted.seconds for counted in requests.values()))),
        _sizes(merged(BYTES, (counted.sizes for counted in requests.values()))),
    ]
    verdicts = (ACCEPTED, *_bad_verdicts(status))
    return _section(
        "traffic",
        "Traffic",
        element("dl", [_figure(*figure) for figure in figures], class_="figures"),
        chart(status.traffic.by_second, status.traffic.second, [_NAMES[verdict] for verdict in verdicts]),
        _request_table(requests, verdicts),
    )


def _bad_verdicts(status: Status) -> list[str]:
    """Return those of refused and let pass that there are, or will be in this mode."""
    usual = {"enforce": (REFUSED,), "monitor": (LET_PASS,)}.get(status.mode, (REFUSED, LET_PASS))
    return [verdict for verdict in (REFUSED, LET_PASS) if verdict in usual or _count(status.traffic.requests, verdict)]


def _times(seconds: Histogram) -> tuple[str, str, str]:
    if not seconds.count:
        return "judged in", duration(None), "no request yet"
    return "judged in", duration(seconds.quantile(0.5)), f"99% within {duration(seconds.quantile(0.99))}"


def _sizes(sizes: Histogram) -> tuple[str, str, str]:
    if not sizes.count:
        return "bodies", size(0), "no request yet"
    return "bodies", size(sizes.total), f"{size(sizes.total / sizes.count)} on average"


def _figure(name: str, value: str, note: str) -> Markup:
    return element("div", element("dt", name), element("dd", value), element("dd", note, class_="note"))


def _count(requests: Mapping[Key, Requests], verdict: str) -> int:
    return sum(counted.count for key, counted in requests.items() if key.verdict == verdict)


def _request_table(requests: Mapping[Key, Requests], verdicts: Sequence[str]) -> Markup | None:
    if not requests:
        return element("p", "No request has come yet.", class_="empty")
    kinds: dict[tuple[bool, str, int, str, str], dict[Key, Requests]] = defaultdict(dict)
    for key, counted in requests.items():
        no_model = key.model in (NONE, OTHER)
        kinds[no_model, key.model, -(key.version or 0), key.protocol, key.method][key] = counted
    table = _table(
        ("model", "version", "call", *(f"#{_NAMES[verdict]}" for verdict in verdicts), "#median", "#99%"),
        [_request_row(kinds[kind], verdicts) for kind in sorted(kinds)],
    )
    summary = element("summary", "by model, version and call")
    return element("details", summary, table, class_="kinds", open=len(kinds) <= _OPEN_KINDS)


def _request_row(requests: Mapping[Key, Requests], verdicts: Sequence[str]) -> list[Content]:
    key = next(iter(requests))
    seconds = merged(SECONDS, (counted.seconds for counted in requests.values()))
    return [
        element("b", key.model),
        NOTHING if key.version is None else str(key.version),
        _call(key.protocol, key.method),
        *(number(_count(requests, verdict)) for verdict in verdicts),
        duration(seconds.quantile(0.5)),
        duration(seconds.quantile(0.99)),
    ]


def _call(protocol: str, method: str) -> str:
    return f"{_NAMES.get(protocol, protocol)} {method}"


def _models(status: Status) -> Markup:
    if not status.models:
        return _section("models", "Models", element("p", "No model is served.", class_="empty"))
    requests: dict[str, dict[Key, Requests]] = defaultdict(dict)
    for key, counted in status.traffic.requests.items():
        requests[key.model][key] = counted
    shown = len(status.models) <= _OPEN_MODELS
    return _section(
        "models",
        "Models" if len(status.models) == 1 else f"{number(len(status.models))} models",
        [_model(model, requests[model.name], status.now, shown) for model in status.models],
    )


def _model(model: ModelState, requests: Mapping[Key, Requests], now: float, shown: bool) -> Markup:
    total = sum(counted.count for counted in requests.values())
    bad = _count(requests, REFUSED) + _count(requests, LET_PASS)
    summary = element(
        "summary",
        element("b", model.name),
        element("span", ", ".join(f"v{version.number}" for version in model.versions), class_="quiet")
        if model.versions
        else element("span", "no contract yet", class_="state odd"),
        element("span", plural(len(model.problems), "problem"), class_="state bad") if model.problems else None,
        element("span", f"{plural(total, 'request')}, {number(bad)} bad", class_="quiet end"),
    )
    problems = [
        element("p", None if version is None else element("b", f"version {version} "), text, class_="problem")
        for version, text in model.problems.items()
    ]
    return element(
        "details",
        summary,
        element("p", "watched at ", element("code", model.base_path), class_="quiet"),
        problems,
        _versions(model, now),
        class_="model",
        data_key=model.name,
        open=shown,
    )


def _versions(model: ModelState, now: float) -> Iterator[Markup]:
    for position, version in enumerate(model.versions):
        same = next((newer for newer in model.versions[:position] if newer.signatures == version.signatures), None)
        labels = ["default"] * (version.number == model.newest and len(model.versions) > 1) + list(version.labels)
        yield element(
            "div",
            element("h3", f"Version {version.number} ", [element("span", label, class_="label") for label in labels]),
            element("p", f"in force for {age(now - version.since)}, since {moment(version.since)}", class_="quiet"),
            element("p", f"The contract is that of version {same.number}.")
            if same is not None
            else [_contract(name, signature) for name, signature in version.signatures.items()],
            class_="version",
            data_key=version.number,
        )


@lru_cache(maxsize=1024)
def _contract(name: str, signature: Signature) -> Markup:
    rows = [("in", row) for row in input_rows(signature)] + [("out", row) for row in output_rows(signature)]
    method = signature.method_name.rpartition("/")[2]
    return element(
        "div",
        element("h4", element("code", name), element("span", method, class_="quiet") if method else None),
        _table(
            ("", "tensor", "dtype", "shape", "rules"), [_tensor(role, row) for role, row in rows], class_="contract"
        ),
        data_key=name,
    )


def _tensor(role: str, row: Row) -> list[Content]:
    return [
        element("span", role, class_="quiet"),
        element("code", row.name),
        element("code", row.dtype),
        element("code", row.shape),
        ", ".join(row.rules),
    ]


def _faults(status: Status) -> Markup | None:
    faults = sorted(status.traffic.faults.items(), key=lambda item: (-item[1], item[0]))
    if not faults:
        return None
    most = faults[0][1]
    left = len(faults) - _MOST_FAULTS
    return _section(
        "faults",
        "What was wrong",
        _table(
            ("model", "input", "code", "#requests", ""),
            [
                [
                    element("b", fault.model),
                    element("code", fault.input),
                    element("code", fault.code),
                    number(count),
                    _bar(count, most),
                ]
                for fault, count in faults[:_MOST_FAULTS]
            ],
            class_="faults",
        ),
        element("p", f"and {plural(left, 'rarer kind')}: see status.json", class_="quiet") if left > 0 else None,
    )


def _bar(count: int, most: int) -> Markup:
    bar = element("rect", width=f"{max(0.5, 100 * count / most):.1f}", height=8, rx=1, class_="refused")
    return element("svg", bar, viewBox="0 0 100 8", preserveAspectRatio="none", class_="bar", aria_hidden="true")


def _latest(status: Status) -> Markup | None:
    if not status.traffic.latest:
        return None
    newest = status.traffic.latest[0].number
    return _section(
        "latest",
        "Latest bad requests",
        [_refusal(refusal, status.now, newest - refusal.number < _OPEN_REFUSALS) for refusal in status.traffic.latest],
    )


def _refusal(refusal: Refusal, now: float, shown: bool) -> Markup:
    version = "" if refusal.version is None else f" v{refusal.version}"
    summary = element(
        "summary",
        element("b", f"{refusal.model or NONE}{version}"),
        element("span", _call(refusal.protocol, refusal.method), class_="quiet"),
        None if refusal.refused else element("span", "let pass", class_="state odd"),
        element("span", _ago(now - refusal.time), class_="quiet end"),
        element("code", refusal.text.partition("\n  ")[2].partition("\n")[0], class_="first"),
    )
    facts = element("p", f"{size(refusal.size)}, {moment(refusal.time)}", class_="quiet")
    return element(
        "details", summary, facts, _text(refusal.text), class_="refusal", data_key=refusal.number, open=shown
    )


def _ago(seconds: float) -> str:
    return "just now" if seconds < 1 else f"{age(seconds)} ago"


@lru_cache(maxsize=256)
def _text(text: str) -> Markup:
    # A line that is too long for the screen goes on below its own beginning.
    return element("pre", [element("span", line) for line in text.split("\n")])


def _table(columns: Sequence[str], rows: Iterable[Sequence[Content]], class_: str | None = None) -> Markup:
    """Return a table; of numbers where the column's name begins with #."""
    kinds = ["number" if column.startswith("#") else None for column in columns]
    head = [
        element("th", column.lstrip("#"), scope="col", class_=kind) for column, kind in zip(columns, kinds, strict=True)
    ]
    body = [
        element("tr", [element("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)]) for row in rows
    ]
    table = element("table", element("thead", element("tr", head)), element("tbody", body), class_=class_)
    return element("div", table, class_="wide")
