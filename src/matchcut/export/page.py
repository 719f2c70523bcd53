"""The frame of a page that stands alone: style sheet and script inside, nothing asked of any network."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files as package_files

from matchcut.export.markup import Markup, element
from matchcut.export.timeline import timeline_css


def page(title: str, *content: str) -> str:
    """A whole HTML page.

    Its content security policy allows its own style sheets and script, by their hashes, and pictures that lie
    in the page; whatever else might slip in would not run.

    Args:
        title: the text for the window's title.
        content: the body's children.
    """
    style, script = _read("report.css"), _read("report.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)} {_hash(timeline_css())}; "
        f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    head = element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("title", None, title),
        element("link", {"rel": "icon", "href": "data:,"}),
        element("style", None, style),
    )
    body = element("body", None, *content, element("script", None, script))
    return f"<!DOCTYPE html>\n{element('html', {'lang': 'en'}, head, body)}\n"


def picture(data: bytes, kind: str, alt: str) -> Markup:
    """A picture that lies in the page.

    Args:
        data: the file's bytes.
        kind: its media type, such as ``image/jpeg``.
        alt: what it shows, for who does not see it.
    """
    source = f"data:{kind};base64,{b64encode(data).decode('ascii')}"
    return element("img", {"src": source, "alt": alt, "decoding": "async"})


def _read(name: str) -> Markup:
    return Markup(package_files("matchcut.export").joinpath(name).read_text(encoding="utf-8"))


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
