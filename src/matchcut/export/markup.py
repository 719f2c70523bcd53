"""Building HTML and SVG so that text stays text.

Every child and every attribute is escaped unless it is `Markup`, and only `element` and `joined` make that: a
transcript line or a file name can never become a tag. Elements are closed by construction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape

from matchcut.text import one_line

__all__ = ["Markup", "element", "escaped", "joined", "one_line"]

# What neither XML 1.0 nor HTML may hold: control characters, lone surrogates and the two non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_EMPTY = frozenset({"br", "img", "input", "link", "meta", "circle", "line", "path", "rect"})


class Markup(str):
    """Text that is already HTML or SVG."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """Text as markup; characters that no page may hold become U+FFFD.

    >>> escaped('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return Markup(escape(_FORBIDDEN.sub("\ufffd", text), quote=True))


def element(name: str, attributes: Mapping[str, object] | None = None, *children: str) -> Markup:
    """One element with its children, in HTML that is also XML.

    Args:
        name: the tag, from our code, never from data.
        attributes: values are escaped; None and False leave the attribute out, True repeats its name.
        children: `Markup` goes in as it is, any other text is escaped.

    >>> element("p", {"class": "a&b", "hidden": None}, "1 < 2", element("br"))
    '<p class="a&amp;b">1 &lt; 2<br/></p>'
    """
    parts = [name]
    for key, value in (attributes or {}).items():
        if value is not None and value is not False:
            parts.append(f'{key}="{escaped(key if value is True else str(value))}"')
    opening = " ".join(parts)
    if name in _EMPTY:
        return Markup(f"<{opening}/>")
    return Markup(f"<{opening}>{joined(children)}</{name}>")


def joined(children: Iterable[str]) -> Markup:
    """Several pieces as one, those that are not `Markup` escaped."""
    return Markup("".join(c if isinstance(c, Markup) else escaped(c) for c in children))
