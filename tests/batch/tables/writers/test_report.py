"""The page about a batch."""

import base64
import hashlib
import re
from decimal import Decimal

from stretto.batch.tables import RowSummary, write_batch_report

NOW = Decimal("0.01")


def page_of(tmp_path, rows, **options):
    """Write a report and return it."""
    write_batch_report(tmp_path / "report.html", rows, title="Batch <1>", **options)
    return (tmp_path / "report.html").read_text()


def test_a_report_has_everything(tmp_path):
    """Counts, cost, failures with reasons and rows, lengths, the slowest rows, facts and labels."""
    rows = [
        RowSummary(number=2, name="瓶 <b>", status="complete", cost_usd=NOW, seconds=2.5, lengths=[100, 300]),
        RowSummary(
            number=3, status="partial", cost_usd=NOW, seconds=9.25, lengths=[50], failures=["The answer\nwas <empty>."]
        ),
        RowSummary(number=4, status="failed", cost_usd=None, failures=["The answer was <empty>."] * 2),
        RowSummary(number=5, status="complete", cost_usd=Decimal(0), reused=True, lengths=[0]),
    ]
    page = page_of(tmp_path, iter(rows), facts=[("Recipe", "product-copy")], labels=["demo model"])
    assert "<title>Batch &lt;1&gt;</title>" in page
    for part in (
        "2 of 4 rows complete.",
        "<dt>Cost</dt><dd>at least $0.0200; of 1 rows it is not known</dd>",
        "<dt>Taken from an earlier run</dt><dd>1 rows</dd>",
        "<dt>Recipe</dt><dd>product-copy</dd>",
        '<p class="notice"><strong>demo model</strong></p>',
        "<tr><td>complete</td><td>2</td></tr>",
        "<tr><td>The answer was &lt;empty&gt;.</td><td>3</td><td>3, 4</td></tr>",
        "4 texts of 0 to 300 characters, 112 on average.",
        "<tr><td>64 to 127</td><td>1</td>",
        "<tr><td>3</td><td></td><td>9.2</td></tr><tr><td>2</td><td>瓶 &lt;b&gt;</td><td>2.5</td></tr>",
    ):
        assert part in page


def test_a_report_loads_and_runs_nothing(tmp_path):
    """The policy allows the page's own style by its hash and nothing else; there is no script and no address."""
    page = page_of(tmp_path, [RowSummary(number=2, status="complete", name="<script>x</script>\x1b[1m\ud800")])
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "<script" not in page
    assert " style=" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_costs_are_never_made_up(tmp_path):
    """All known, none known, nothing at all."""
    known = RowSummary(number=2, status="complete", cost_usd=NOW)
    unknown = RowSummary(number=3, status="failed")
    assert "<dd>$0.0100</dd>" in page_of(tmp_path, [known])
    assert "<dd>unknown</dd>" in page_of(tmp_path, [unknown])
    assert "0 of 0 rows complete." in page_of(tmp_path, [])


def test_a_report_stays_small(tmp_path):
    """However many rows and reasons there are, the page names a bounded number of them and counts the rest."""
    rows = (
        RowSummary(
            number=n, status="failed", seconds=n, cost_usd=NOW, failures=[f"reason {'i' * (n % 200)}"], lengths=[n]
        )
        for n in range(20_000)
    )
    page = page_of(tmp_path, rows)
    assert len(page) < 20_000
    assert "<tr><td>Other reasons</td><td>15,000</td><td></td></tr>" in page
    assert "<td>19999</td>" in page
    assert "<td>19979</td>" not in page
