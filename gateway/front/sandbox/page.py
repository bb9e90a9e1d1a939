"""The page of the sandbox as HTML: pure, works without script, and holds nothing that a caller sent unescaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from contracts.instants import AMSTERDAM, from_ms
from gateway.connections.sandbox_presses import Press
from gateway.front.sandbox.words import WORDS, Language, Words
from gateway.inbox.tables import State

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:1.5rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}"
    # The heading above a table says the same to whoever sees.
    "caption{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;white-space:nowrap}"
    "th,td{text-align:left;vertical-align:top;padding:.4rem .6rem .4rem 0;border-bottom:1px solid #767676}"
    "pre{overflow-x:auto;background:#eee;color:#111;padding:.6rem}"
    "code{overflow-wrap:anywhere}"
    "button{font:inherit;padding:.5rem .9rem;border:1px solid #0b4f79;border-radius:.3rem;background:#0b4f79;"
    "color:#fff;cursor:pointer}"
    "button:focus-visible,a:focus-visible,input:focus-visible,pre:focus-visible{outline:3px solid #c60}"
    "label{display:block;margin:.6rem 0}input{font:inherit;display:block;width:100%;max-width:34rem;padding:.4rem;"
    "box-sizing:border-box}"
    "fieldset{border:0;padding:0;margin:0 0 1rem}.choice input{display:inline;width:auto}"
    ".happenings{list-style:none;padding:0}.happenings li{margin:0 0 1rem}.happenings p{margin:.3rem 0 0}"
    ".told{border-left:.3rem solid #b00020;padding:.4rem .8rem}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#8cf}"
    "input{background:#222;color:#eee;border:1px solid #999}button{background:#9cd3f7;color:#111;border-color:#9cd3f7}}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Somebody who proved to hold a client of the sandbox, and what there is to tell about its place."""

    client_id: str
    client_secret: str = field(repr=False)
    presses: Sequence[Press]
    letters: Mapping[State, int]
    is_new: bool = False


def page(
    language: Language,
    public_url: str,
    *,
    resets_at_ms: int,
    known: Known | None = None,
    told: str | None = None,
) -> bytes:
    """The page; `told` is the code of an error."""
    words = WORDS[language]
    parts = [
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(words.title)} – Schuilnaam</title>"
        f'<link rel="stylesheet" href="{escape(public_url)}/style.css">'
        "</head><body>",
        # Not beside a place: a link would lose the client that goes along in the forms.
        _other_language(words, language, public_url) if known is None else "",
        f"<main><h1>{escape(words.title)}</h1>",
        *(f"<p>{escape(text)}</p>" for text in words.intro),
        f"<p>{escape(words.resets.format(_local(resets_at_ms)))}</p>",
    ]
    if told is not None:
        text = words.errors.get(told, words.other_error)
        parts.append(f'<p class="told" role="alert">{escape(text)} <code>{escape(told)}</code></p>')
    if known is None:
        parts += _strangers(words, language, public_url)
    else:
        parts += _place(words, language, public_url, known)
    parts.append(_script(words, public_url))
    parts.append("</main></body></html>")
    return "".join(parts).encode()


def _other_language(words: Words, language: Language, public_url: str) -> str:
    other: Language = "en" if language == "nl" else "nl"
    return (
        f'<header><a href="{escape(public_url)}/?lang={other}" hreflang="{other}" lang="{other}">'
        f"{escape(words.other_language)}</a></header>"
    )


def _local(at_ms: int) -> str:
    return from_ms(at_ms).astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M:%S %Z")


def _strangers(words: Words, language: Language, public_url: str) -> list[str]:
    url = escape(public_url)
    return [
        f"<section><h2>{escape(words.start_title)}</h2><p>{escape(words.start_text)}</p>"
        f'<form method="post" action="{url}/start"><input type="hidden" name="lang" value="{language}">'
        f"<fieldset><legend>{escape(words.basis)}</legend>"
        f'<label class="choice"><input type="radio" name="basis" value="task" checked> {escape(words.on_task)}</label>'
        f'<label class="choice"><input type="radio" name="basis" value="consent"> {escape(words.on_consent)}</label>'
        f"</fieldset><button>{escape(words.start)}</button></form></section>",
        f"<section><h2>{escape(words.known_title)}</h2>"
        f'<form method="post" action="{url}/press"><input type="hidden" name="lang" value="{language}">'
        f'<label>{escape(words.client_id)}<input name="client_id" required autocomplete="off" maxlength="64"></label>'
        f'<label>{escape(words.client_secret)}<input name="client_secret" type="password" required '
        'autocomplete="off" maxlength="128"></label>'
        f"<button>{escape(words.show)}</button></form></section>",
    ]


def _place(words: Words, language: Language, public_url: str, known: Known) -> list[str]:
    url = escape(public_url)
    rows = [(words.client_id, known.client_id)]
    if known.is_new:
        rows.append((words.client_secret, known.client_secret))
    rows += [(words.token_url, f"{public_url}/oauth2/token"), (words.base, public_url)]
    facts = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td><code>{escape(value)}</code></td></tr>'
        for name, value in rows
    )
    once = f"<p><strong>{escape(words.shown_once)}</strong></p>" if known.is_new else ""
    hidden = (
        f'<input type="hidden" name="lang" value="{language}">'
        f'<input type="hidden" name="client_id" value="{escape(known.client_id)}">'
        f'<input type="hidden" name="client_secret" value="{escape(known.client_secret)}">'
    )
    buttons = "".join(
        f'<li><button name="happening" value="{happening.value}" aria-describedby="what-{happening.value}">'
        f'{escape(label)}</button><p id="what-{happening.value}">{escape(meaning)}</p></li>'
        for happening, (label, meaning) in words.happenings.items()
        if meaning
    )
    return [
        f"<section><h2>{escape(words.place_title)}</h2>{once}<table>"
        f"<caption>{escape(words.place_title)}</caption><tbody>{facts}</tbody></table>"
        f'<h3>{escape(words.first_lines)}</h3><pre tabindex="0"><code>{_first_lines(url)}</code></pre></section>',
        f"<section><h2>{escape(words.buttons_title)}</h2><p>{escape(words.buttons_text)}</p>"
        f'<form method="post" action="{url}/press">{hidden}<ul class="happenings">{buttons}</ul>'
        f"<p><button>{escape(words.look)}</button></p></form></section>",
        _latest(words, known),
        _arrived(words, known),
    ]


def _first_lines(url: str) -> str:
    return (
        f"curl -u CLIENT_ID:CLIENT_SECRET -d grant_type=client_credentials {url}/oauth2/token\n"
        f'curl -H "Authorization: Bearer TOKEN" {url}/me\n'
        f'curl -H "Authorization: Bearer TOKEN" "{url}/ims/oneroster/rostering/v1p2/users?limit=2"'
    )


def _latest(words: Words, known: Known) -> str:
    if not known.presses:
        return f"<section><h2>{escape(words.latest_title)}</h2><p>{escape(words.nothing_yet)}</p></section>"
    rows = "".join(
        f"<tr><td>{escape(words.happenings[each.happening][0])}</td>"
        f"<td>{escape(_local(each.asked_at_ms))}</td><td>{escape(words.states[each.state])}"
        + ("" if each.code is None else f" <code>{escape(each.code)}</code>")
        + "</td></tr>"
        for each in known.presses
    )
    heads = "".join(f'<th scope="col">{escape(each)}</th>' for each in (words.what, words.when, words.state))
    return (
        f"<section><h2>{escape(words.latest_title)}</h2><table><caption>{escape(words.latest_title)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _arrived(words: Words, known: Known) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(words.letters[state])}</th><td>{known.letters[state]}</td></tr>'
        for state in State
        if known.letters.get(state)
    )
    table = (
        f"<table><caption>{escape(words.arrived_title)}</caption><thead><tr>"
        f'<th scope="col">{escape(words.state)}</th><th scope="col">{escape(words.count)}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
        if rows
        else f"<p>{escape(words.nothing_yet)}</p>"
    )
    return (
        f"<section><h2>{escape(words.arrived_title)}</h2><p>{escape(words.arrived_text)}</p>{table}</section>"
    )


def _script(words: Words, public_url: str) -> str:
    url = escape(public_url)
    lines = (
        f'curl -X POST -H "Accept: application/json" {url}/start\n'
        f'curl -u CLIENT_ID:CLIENT_SECRET -H "Accept: application/json" -d happening=agreement_ends {url}/press'
    )
    return (
        f"<section><h2>{escape(words.script_title)}</h2><p>{escape(words.script_text)}</p>"
        f'<pre tabindex="0"><code>{lines}</code></pre></section>'
    )
