"""The page as text: what it says, and that nobody's names become markup."""

import html.parser
import time

import numpy as np
import pytest

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec
from tensorgate.serving.model_state import ModelState, VersionState
from tensorgate.serving.sidecar.status.contract_rows import input_rows, output_rows
from tensorgate.serving.sidecar.status.facts import DRAINING, OK, Status
from tensorgate.serving.sidecar.status.page import SECURITY_POLICY, page
from tensorgate.serving.sidecar.status.traffic import Traffic

from .scenes import HOSTILE, RANKER, accepted, bad, predict_error, rest_error

VOID = {"meta", "link", "br"}
ONE = np.zeros((1,), np.float32)


class Page(html.parser.HTMLParser):
    """The page's elements, and its text outside of style and script."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.text = ""
        self.open = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += f"{data}\n"

    def count(self, tag):
        return sum(found == tag for found, _ in self.elements)


def shown(models=(RANKER,), outcomes=(), mode="enforce", health=OK):
    traffic = Traffic(lambda: models)
    for outcome in outcomes:
        traffic.record(outcome)
    return Page(page(Status("1.2.3", mode, 0.001, health, time.time() - 3700, time.time(), models, traffic.snapshot())))


def test_the_facts_are_on_the_page():
    found = shown(outcomes=[accepted(), accepted(), bad()])
    for text in ("ok", "mode enforce", "up 1 h 1 min", "version 1.2.3", "ranker", "v8, v7", "canary", "stable"):
        assert f"{text}\n" in found.text
    assert RANKER.problems[9] in found.text
    assert "The contract is that of version 8." in found.text
    assert "1 violation of signature 'serving_default'" in found.text
    assert "33% of all" in found.text


def test_an_empty_gate_says_so():
    found = shown(models=(), health="no model has a contract yet")
    assert "no model has a contract yet" in found.text
    assert "No request has come yet." in found.text
    assert "No model is served." in found.text


def test_a_draining_gate_says_so():
    assert "draining\n" in shown(health=DRAINING).text


def test_what_is_let_pass_is_shown_where_it_happens():
    assert "let pass" not in shown(outcomes=[bad()]).text
    assert "let pass" in shown(outcomes=[bad(refused=False)]).text
    assert "let pass" in shown(mode="monitor").text


def test_the_share_that_is_judged_is_shown_where_it_is_one():
    assert "mode sample 0.1%\n" in shown(mode="sample").text
    assert "mode enforce\n" in shown().text


def test_names_of_all_kinds_stay_text():
    name = f"{HOSTILE}</pre></code></details>'\"&amp;"
    signature = Signature({name: TensorSpec((name,), "string", one_of=[name])}, {name: TensorSpec(())}, name=name)
    version = VersionState(1, {name: signature}, 0.0, (name,))
    models = (ModelState(name, name, (version,), 1, {None: name, 2: name}),)
    plain = shown(
        (ModelState("m", "m", (version,), 1, {None: "p", 2: "p"}),),
        [accepted("m"), bad(predict_error(x=ONE), "m")],
    )
    outcomes = [accepted(name), bad(predict_error(**{name: ONE}), name)]
    found = shown(models, outcomes)
    for tag in ("script", "img", "pre", "details", "code", "b"):
        assert found.count(tag) == plain.count(tag)
    assert found.count("script") == 1
    assert found.count("img") == 0
    assert found.text.count(name) > 8
    assert not any(attribute.startswith("on") for _, attributes in found.elements for attribute in attributes)


def test_what_turns_or_hides_text_is_escaped():
    found = shown((ModelState("a\u202eb\x00\udcff\u200b", "/m", (), None),))
    assert "a\\u202eb\\x00\\udcff\\u200b" in found.text


def test_a_refusal_reads_as_on_a_terminal():
    error = rest_error(b'{"instances": [{"image": [[0, null], [0, 2]], "ids": ["1"]}, 4]}')
    assert "".join(str(error).split()) in "".join(shown(outcomes=[bad(error)]).text.split())


def test_nothing_comes_from_elsewhere():
    found = shown(outcomes=[bad()])
    for tag, attributes in found.elements:
        for name in ("src", "href", "action", "srcset", "data"):
            value = attributes.get(name)
            assert value is None or value.startswith(("/", "data:")), (tag, value)
        assert "style" not in attributes


def test_the_policy_allows_its_own_style_and_script_alone():
    policy = dict(part.split(" ", 1) for part in SECURITY_POLICY.split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in SECURITY_POLICY
    assert policy["script-src"].startswith("'sha256-")


def test_a_page_without_script_refreshes_itself():
    assert ("meta", {"http-equiv": "refresh", "content": "30"}) in shown().elements


# Contracts

RULES = {
    "a range": (TensorSpec((), minimum=0, maximum=0.1), ("values 0 to 0.1",)),
    "a bound": (TensorSpec((), "int64", maximum=5), ("values up to 5",)),
    "bounds of many elements": (TensorSpec((3,), minimum=[0, 1, 2]), ("values from [0, 1, 2]",)),
    "bounds of an array": (TensorSpec((2, 2), minimum=np.zeros((2, 2))), ("values from an array of shape [2, 2]",)),
    "finite": (TensorSpec((), finite=True), ("finite",)),
    "few values": (TensorSpec((), "string", one_of=["a", "b"]), ("one of 'a', 'b'",)),
    "many values": (TensorSpec((), "int32", one_of=range(9)), ("one of 0, 1, 2, 3, ... (9 values)",)),
    "strings": (TensorSpec((), "string", max_bytes=1, utf8=True), ("at most 1 byte", "UTF-8")),
    "an optional input": (TensorSpec((), optional=True), ("optional",)),
    "a default": (TensorSpec((), default=1.5), ("default 1.5",)),
    "sizes": (TensorSpec((Dim("n", min=1, max=8, multiple_of=2),)), ("n 1 to 8, a multiple of 2",)),
    "a size without a name": (TensorSpec((Dim(min=2),)), ("size from 2",)),
}


@pytest.mark.parametrize("what", RULES)
def test_rules_are_words(what):
    spec, rules = RULES[what]
    (row,) = input_rows(Signature({"x": spec}))
    assert row.rules == rules


def test_tensors_of_all_kinds_are_rows():
    signature = Signature(
        {"a": TensorSpec(None), "b": {"c": RaggedTensorSpec((None, None), "int64")}, "d": SparseTensorSpec(("n", 3))},
        TensorSpec(("n", None)),
    )
    rows = [(row.name, row.dtype, row.shape) for row in input_rows(signature) + output_rows(signature)]
    assert rows == [
        ("a", "float32", "any rank"),
        ("b/c", "ragged int64", "[None, None]"),
        ("d", "sparse float32", "[n, 3]"),
        ("output_0", "float32", "[n, None]"),
    ]
    assert output_rows(Signature({})) == ()
