"""Reading a rendered page: what a browser would run or style, and the text that a person sees."""

from html.parser import HTMLParser


class Read(HTMLParser):
    """One page. inline: whatever a strict policy would refuse; text: what is shown; links: where it leads."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.inline: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.unlabelled: list[str] = []
        self.tags: list[str] = []
        self._labels: set[str] = set()
        self._controls: list[dict[str, str | None]] = []
        self._said: list[str] = []
        self.feed(html)
        self.close()
        self.text = " ".join(" ".join(self._said).split())
        self.unlabelled = [
            str(control.get("name"))
            for control in self._controls
            if not control.get("aria-label") and control.get("id") not in self._labels
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        if (tag == "script" and not values.get("src")) or tag == "style":
            self.inline.append(tag)
        self.inline += [name for name in values if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action"):
            where = values.get(name) or ""
            if where.startswith("javascript:"):
                self.inline.append(where)
            if where and tag in ("link", "script", "img", "use"):
                self.loaded.append(where)
            elif where:
                self.links.append(where)
        if tag == "label" and values.get("for"):
            self._labels.add(str(values["for"]))
        if tag in ("input", "select", "textarea") and values.get("type") != "hidden":
            self._controls.append(values)

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        self._said.append(data)
