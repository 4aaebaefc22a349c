"""HTML and SVG of elements whose texts are escaped, whoever wrote them."""

from __future__ import annotations

import html
from collections.abc import Iterable


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | Iterable["Content"] | None

_VOID = frozenset({"meta", "link", "br"})


def element(tag: str, *content: Content, **attributes: str | int | float | bool | None) -> Markup:
    """Return an element.

    Args:
        tag: its name.
        content: texts, which are escaped, Markup, None, or lists of these.
        attributes: by name, `class_` for class, `data_x` for data-x. None and False leave one out.

    >>> element("p", "1 < 2", [element("b", "!")], class_="sum", hidden=True, id=None)
    '<p class="sum" hidden>1 &lt; 2<b>!</b></p>'
    """
    opening = tag + "".join(_attribute(name, value) for name, value in attributes.items())
    return Markup(f"<{opening}>" if tag in _VOID else f"<{opening}>{markup(content)}</{tag}>")


def markup(content: Content) -> Markup:
    """Return content as Markup.

    >>> markup(["<b>", None, Markup("<br>")])
    '&lt;b&gt;<br>'
    """
    if content is None or isinstance(content, Markup):
        return content or Markup()
    if isinstance(content, str):
        return Markup(html.escape(_printable(content)))
    return Markup("".join(map(markup, content)))


def _attribute(name: str, value: str | float | bool | None) -> str:
    shown = name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {shown}" if value is True else f' {shown}="{html.escape(_printable(str(value)))}"'


def _printable(text: str) -> str:
    # HTML has no NUL, UTF-8 no surrogates, and a reader no eyes for what turns text around.
    return text if text.isprintable() else "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
