"""A registered text as a page to print: one file, without script, picture or address of anything outside it."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Final

from gateway.school.consents.rows import RegisteredText

_YES_NO: Final = {"nl": ("ja", "nee"), "en": ("yes", "no")}
_FOOT: Final = {
    "nl": "Tekst {version}. Kenmerk: {sha256}. De school bewaart dit formulier als bewijs.",
    "en": "Text {version}. Hash: {sha256}. The school keeps this form as evidence.",
}
_STYLE: Final = (
    "@page{size:A4;margin:18mm}"
    "body{font:11.5pt/1.4 system-ui,sans-serif;max-width:46em;margin:1em auto;padding:0 1em;color:#000;background:#fff}"
    "h1{font-size:17pt;line-height:1.2}h2{font-size:12.5pt;margin:1em 0 .2em}p,ul{margin:.2em 0}"
    "h2{break-after:avoid}.answer,.blank{break-inside:avoid}"
    ".answer{display:flex;gap:1.5em;justify-content:space-between;border-bottom:1px solid #999;padding:.3em 0}"
    ".boxes{white-space:nowrap}.blank{margin-top:1.6em;border-bottom:1px solid #000}"
    "footer{margin-top:2em;font-size:8.5pt;overflow-wrap:anywhere}"
)
_BOX: Final = "&#9744;"


def printed(text: RegisteredText) -> str:
    """The page, UTF-8; everything in it is the text's own, escaped."""
    return (
        f'<!doctype html>\n<html lang="{text.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{html.escape(title_of(text))}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body_of(text)}</body>\n</html>\n"
    )


def title_of(text: RegisteredText) -> str:
    """Its first heading; the caller escapes."""
    return next((line[2:] for line in text.content.splitlines() if line.startswith("# ")), text.product)


def body_of(text: RegisteredText) -> str:
    """The same without a style of its own, as HTML that is escaped; the staff pages allow no inline style."""
    foot = _FOOT[text.language].format(version=text.reference, sha256=text.sha256)
    return "<main>\n" + "\n".join(_elements(text)) + f"\n</main>\n<footer>{html.escape(foot)}</footer>\n"


def _elements(text: RegisteredText) -> Iterator[str]:
    in_list = False
    for line in text.content.splitlines():
        if line.startswith("- ") != in_list:
            in_list = not in_list
            yield "<ul>" if in_list else "</ul>"
        yield _element(line, text.language)
    if in_list:
        yield "</ul>"


def _element(line: str, language: str) -> str:
    mark, _, rest = line.partition(" ")
    words = html.escape(rest)
    match mark:
        case "#":
            return f"<h1>{words}</h1>"
        case "##":
            return f"<h2>{words}</h2>"
        case "-":
            return f"<li>{words}</li>"
        case "?":
            boxes = " &nbsp; ".join(f"{_BOX} {word}" for word in _YES_NO[language])
            return f'<p class="answer"><span>{words}</span> <span class="boxes">{boxes}</span></p>'
        case "o":
            return f"<p>{_BOX} {words}</p>"
        case "_":
            return f'<p class="blank">{words}:</p>'
        case _:
            return f"<p>{html.escape(line)}</p>"
