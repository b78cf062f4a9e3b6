"""What every HTML answer owes: balanced tags, ids that are there once, forms that carry their token, nothing inline."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset(
    {"meta", "link", "input", "br", "img", "hr", "path", "circle", "rect", "line", "use", "col", "wbr", "polyline"}
)
OPEN_TO_ALL = "/logout"


class _Page(HTMLParser):
    """Reads a page and collects what is wrong with it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.ids: set[str] = set()
        self.open: list[str] = []
        self.posting: str | None = None
        self.token = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if (own := values.get("id")) is not None:
            if own in self.ids:
                self.wrong.append(f"id {own} is there twice")
            self.ids.add(own)
        self.wrong += [f"inline {name} on {tag}" for name in values if name.startswith("on") or name == "style"]
        self.wrong += [
            f"attribute {name} twice on {tag}"
            for name in {n for n, _ in attrs}
            if len([1 for n, _ in attrs if n == name]) > 1
        ]
        if tag == "script" and not values.get("src"):
            self.wrong.append("an inline script")
        self._form(tag, values)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.wrong.append(f"</{tag}> closes {self.open[-3:]}")
            return
        self.open.pop()
        if tag == "form" and self.posting is not None:
            if not self.token:
                self.wrong.append(f"the form to {self.posting} carries no token")
            self.posting = None

    def _form(self, tag: str, values: dict[str, str | None]) -> None:
        if (
            tag == "form"
            and (values.get("method") or "").lower() == "post"
            and values.get("action")
            and values.get("id") != "scan-form"
        ):
            self.posting, self.token = values.get("action"), False
        if tag == "input" and values.get("name") == "csrf_token":
            self.token = bool(values.get("value"))


def wrong_with(html: str) -> list[str]:
    """What is wrong with a page or a fragment."""
    page = _Page()
    page.feed(html)
    page.close()
    return page.wrong + ([f"never closed: {page.open}"] if page.open else [])
