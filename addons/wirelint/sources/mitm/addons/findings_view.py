"""Show the findings of a flow as a view of its content, in mitmweb and mitmproxy's console."""

from __future__ import annotations

from mitmproxy import contentviews
from mitmproxy.contentviews import Contentview, Metadata, SyntaxHighlight

from wirelint.sources.mitm.addons import has_screen
from wirelint.sources.mitm.marks import findings_of


class FindingsContent(Contentview):
    """The view ``wirelint``: what was found in the exchange, with evidence and story."""

    @property
    def name(self) -> str:
        """Return the name under which users choose the view."""
        return "wirelint"

    @property
    def syntax_highlight(self) -> SyntaxHighlight:
        """Return how to colour the text: not at all."""
        return "none"

    def prettify(self, data: bytes, metadata: Metadata) -> str:  # noqa: ARG002 - the content itself does not matter
        """Return the findings of the message's flow as text."""
        found = [] if metadata.flow is None else findings_of(metadata.flow)
        blocks = []
        for each in found:
            expected = "" if each["suggested_status"] is None else f" \u2192 {each['suggested_status']}"
            sent = "no response" if each["status"] is None else each["status"]
            lines = [f"{each['severity']}  {each['rule']}  {sent}{expected}", each["message"], each["evidence"]]
            lines += [f"{step['request']} \u2192 {step['outcome']}  {step['note']}" for step in each["story"]]
            blocks.append("\n".join(line.rstrip() for line in lines if line))
        return "\n\n".join(blocks) or "wirelint found nothing in this flow"

    def render_priority(self, data: bytes, metadata: Metadata) -> float:  # noqa: ARG002 - as above
        """Return that the view is never chosen by itself."""
        return -1


class FindingsView:
    """Offers ``FindingsContent`` where there is a screen."""

    name = "wirelint_findings_view"

    def running(self) -> None:
        """Register the view."""
        if has_screen():
            contentviews.add(FindingsContent())
