"""What the demo prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

import tensorgate
from tensorgate.contract_table import contract as contract_lines
from tensorgate.demo.accidents import ACCIDENTS, Accident, Door
from tensorgate.demo.answer import Answer, Outcome
from tensorgate.demo.chart import Chart, duration
from tensorgate.demo.digits import Digits
from tensorgate.demo.sandbox import Answers
from tensorgate.demo.timing import Timing

Verdicts = Mapping[Accident, Sequence[tensorgate.Violation]]

GOOD, BAD, QUIET = "green", "bold red", "dim"
QUOTED = 110  # characters of an error of TensorFlow's
VISIBLE = 0.01  # a change of a probability that the two digits shown can show
VERBS = {Outcome.accepted: "accepts", Outcome.refused: "refuses", Outcome.died: "dies of"}


def heading(tensorflow_version: str) -> RenderableType:
    """Say what will be seen."""
    text = Text.assemble(
        ("tensorgate", "bold"),
        " is the gate in front of a TensorFlow model: it knows the model's contract and checks every batch against "
        "it.\n",
        (f"Everything below is run here and now, with TensorFlow {tensorflow_version}; nothing is canned.", QUIET),
    )
    return Padding(text, (1, 0))


def model(trained_with: int, accuracy: float, seconds: float, shown: Digits, *, ascii_only: bool) -> RenderableType:
    """Introduce the model and the batch."""
    story = (
        f"A small Keras model, trained in {seconds:.1f} s with {trained_with:,} of scikit-learn's digits, reads "
        f"{accuracy:.0%} of the others. Its two inputs are an image and the id of the scanner that it comes from: "
        "scanner 1 feeds its pages upside down, so only the id tells a 6 from a 9. The good batch:"
    )
    pictures = [
        Text.assemble((f"a {digit}, scanner {scanner}\n", QUIET), drawing(image, ascii_only))
        for image, scanner, digit in zip(shown.image, shown.scanner, shown.digit, strict=True)
    ]
    return _section("The model", story, Padding(Columns(pictures, padding=(0, 4)), (1, 2, 0, 2)))


def drawing(image: Sequence[Sequence[Sequence[float]]], ascii_only: bool) -> str:
    """Draw an image with characters, two a pixel."""
    shades = " .:*#" if ascii_only else " \u2591\u2592\u2593\u2588"
    return "\n".join("".join(shades[round(float(pixel[0]) * 4)] * 2 for pixel in row) for row in image)


def contract(signature: tensorgate.Signature, seconds: float, seconds_of_tensorflow: float) -> RenderableType:
    """Show the contract and what it cost to read."""
    story = (
        f"Read from the SavedModel in {duration(seconds)} by Signature.from_saved_model(path, batch_dim='batch'), "
        f"without TensorFlow. (tf.saved_model.load took {duration(seconds_of_tensorflow)}; it loads the weights too.)"
    )
    return _section("The contract", story, Padding(contract_lines(signature), (1, 0, 0, 0)))


def accidents(answers: Answers, verdicts: Verdicts) -> RenderableType:
    """Put what TensorFlow did beside what tensorgate said, a row an accident."""
    story = (
        "The same objects go to TensorFlow alone and to signature.check. TensorFlow has three doors: "
        "tf.function(input_signature=...), its ConcreteFunction, and loaded.signatures['serving_default']. "
        "Each row shows one of them, and says where the others differ."
    )
    table = Table(box=box.SIMPLE_HEAD, show_lines=True, show_edge=False, expand=True)
    for column, ratio in (("sent", 5), ("TensorFlow alone", 8), ("tensorgate", 8)):
        table.add_column(column, ratio=ratio, overflow="fold")
    usual = answers[ACCIDENTS[0], ACCIDENTS[0].door]
    for number, accident in enumerate(ACCIDENTS):
        cells = (_tensorflow_cell(accident, answers, usual), _tensorgate_cell(accident, verdicts[accident]))
        table.add_row(_sent(number, accident), *cells)
    return _section(f"{len(ACCIDENTS) - 1} accidents", story, Padding(table, (1, 0, 0, 0)))


def times(measured: Sequence[Timing], rows: int) -> RenderableType:
    """Draw the time that each check takes."""
    story = (
        f"One good batch of {rows} images and ids; medians, measured in turns in this process. The scale is "
        "logarithmic: each mark is ten times the one before."
    )
    return _section("The time each takes", story, Padding(Chart(measured), (1, 0, 0, 0)))


def summary(answers: Answers, verdicts: Verdicts, measured: Sequence[Timing]) -> RenderableType:
    """Count, and say what to do next."""
    played = ACCIDENTS[1:]
    usual = answers[ACCIDENTS[0], ACCIDENTS[0].door]
    own = {accident: answers[accident, accident.door] for accident in played}
    let_in = [accident for accident in played if own[accident].outcome is Outcome.accepted]
    wrong = sum(_digits(own[accident]) != _digits(usual) for accident in let_in)
    died = sum(answer.outcome is Outcome.died for answer in own.values())
    stopped = [accident for accident in played if verdicts[accident]]
    passed = [accident.name for accident in played if not verdicts[accident]]
    check, answered = measured[0].seconds, measured[-1].seconds
    text = Text.assemble(
        "Of ",
        (f"{len(played)} accidents", "bold"),
        ", TensorFlow alone ",
        (f"let {len(let_in)} through", BAD),
        f" ({wrong} changed what it read)",
        f", and {died} killed its process" if died else "",
        "; tensorgate ",
        (f"stopped {len(stopped)}", f"bold {GOOD}"),
        f" and let {len(passed)} through ({', '.join(passed)})" if passed else "",
        f". Its check of a good batch took {duration(check)}; the model, {answered / check:,.0f} times as long."
        "\n\nNext, see the contract of your own model: ",
        ("tensorgate show path/to/saved_model", "bold"),
    )
    return _section("In short", text)


def farewell(seconds: float) -> RenderableType:
    """Say that it is over."""
    return Text(f"Done in {seconds:.0f} s.", QUIET)


def _section(title: str, story: str | Text, *rest: RenderableType) -> RenderableType:
    # A bare str would be read as rich's markup.
    return Group(Rule(Text(title, "bold"), align="left", style=QUIET), Text.assemble(story), *rest, "")


def _sent(number: int, accident: Accident) -> Text:
    name = f"{number}. {accident.name}" if number else accident.name
    return Text.assemble((name, "bold"), f"\n{accident.sent}\n", (f"{accident.form} to {accident.door}", QUIET))


def _tensorflow_cell(accident: Accident, answers: Answers, usual: Answer) -> Text:
    answer = answers[accident, accident.door]
    lines = [_outcome(accident, answer)]
    if answer.outcome is Outcome.accepted:
        if answer.watched:
            lines.append(Text("{} became {}".format(*answer.watched)))
        lines.append(_reading(answer, usual))
        if answer.warning:
            lines.append(Text(f"with a {answer.warning}"))
    if others := _others(accident, answer, answers):
        lines.append(Text(others, QUIET))
    return Text("\n").join(lines)


def _outcome(accident: Accident, answer: Answer) -> Text:
    if answer.outcome is Outcome.accepted:
        return _accepted(accident)
    cut = " ".join(answer.message.split())
    cut = cut if len(cut) <= QUOTED else f"{cut[:QUOTED]}..."
    if answer.outcome is Outcome.died:
        return Text.assemble(("the process died", BAD), f" of {answer.error}", f": {cut}" if cut else "")
    size = f": {answer.error}, {len(answer.message):,} characters:\n"
    return Text.assemble(("refused", GOOD), size, (cut, QUIET))


def _reading(answer: Answer, usual: Answer) -> Text:
    if answer is usual or len(answer.digits) != len(usual.digits):
        return Text("read " + ", ".join(f"{digit} (p={p:.2f})" for digit, p in answer.digits))
    pairs = list(zip(answer.digits, usual.digits, strict=True))
    if changed := [f"{before} as {digit} (p={p:.2f})" for (digit, p), (before, _) in pairs if digit != before]:
        return Text(f"read {', '.join(changed)}", BAD)
    (digit, p), (_, before_p) = max(pairs, key=lambda pair: abs(pair[0][1] - pair[1][1]))
    shift = f", {digit} with p={p:.2f} for {before_p:.2f}" if abs(p - before_p) >= VISIBLE else ""
    return Text(f"read the same digits{shift}")


def _others(accident: Accident, answer: Answer, answers: Answers) -> str:
    others = {door: answers[accident, door].outcome for door in Door if door is not accident.door}
    if set(others.values()) == {answer.outcome}:
        return f"every door {VERBS[answer.outcome]} it"
    different = {door: outcome for door, outcome in others.items() if outcome is not answer.outcome}
    return "; ".join(f"{door} {VERBS[outcome]} it" for door, outcome in different.items())


def _tensorgate_cell(accident: Accident, violations: Sequence[tensorgate.Violation]) -> Text:
    if not violations:
        return Text("\n").join([_accepted(accident), *([Text(accident.legal)] if accident.legal else [])])
    lines = [Text("refused", GOOD)]
    for violation in violations:
        line = Text(str(violation))
        line.stylize("cyan", 0, len(violation.path))
        lines.append(line)
    return Text("\n").join(lines)


def _accepted(accident: Accident) -> Text:
    style = "yellow" if accident.legal else BAD
    return Text("accepted", GOOD if accident is ACCIDENTS[0] else style)


def _digits(answer: Answer) -> list[int]:
    return [digit for digit, _ in answer.digits]
