"""A form as a browser without script sends it: every field with the value that the page gave it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """Names and values in the order of the page; `set`, `tick` and `untick` are what a person does."""

    action: str
    values: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def get(self, name: str) -> list[str]:
        return [value for each, value in self.values if each == name]

    def set(self, name: str, value: str) -> None:
        assert name in self.names, f"{name} is not on the page"
        self.values = [(each, value if each == name else old) for each, old in self.values]

    def tick(self, name: str, value: str) -> None:
        assert name in self.names, f"{name} is not on the page"
        self.values.append((name, value))

    def untick(self, name: str, value: str) -> None:
        self.values.remove((name, value))

    def sent(self, **buttons: str) -> list[tuple[str, object]]:
        """What goes over the line; without the token, which `Person.post` adds."""
        return [*(each for each in self.values if each[0] != "csrf_token"), *buttons.items()]


class _Reader(HTMLParser):
    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.form: Form | None = None
        self.inside = False
        self.name = ""
        self.options: list[tuple[str, bool]] = []
        self.text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.inside = at.get("action", "").endswith(self.wanted)
            if self.inside:
                self.form = Form(at["action"])
        if not self.inside or self.form is None:
            return
        if tag == "input":
            self.form.names.add(at.get("name", ""))
            ticks = at.get("type") in ("checkbox", "radio")
            if at.get("type") != "file" and (not ticks or "checked" in at):
                self.form.values.append((at["name"], at.get("value", "")))
        elif tag in ("select", "textarea"):
            self.name, self.options = at["name"], []
            self.form.names.add(self.name)
            self.text = [] if tag == "textarea" else None
        elif tag == "option":
            self.options.append((at.get("value", ""), "selected" in at))

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not self.inside or self.form is None:
            return
        if tag == "select":
            chosen = [value for value, selected in self.options if selected] or [self.options[0][0]]
            self.form.values.append((self.name, chosen[-1]))
        elif tag == "textarea" and self.text is not None:
            # A browser sends line ends as CR LF.
            self.form.values.append((self.name, "".join(self.text).replace("\n", "\r\n")))
            self.text = None
        elif tag == "form":
            self.inside = False


def form_on(page: str, action: str) -> Form:
    """The form that is sent to an address that ends like this."""
    reader = _Reader(action)
    reader.feed(page)
    assert reader.form is not None, f"no form to {action}"
    return reader.form
