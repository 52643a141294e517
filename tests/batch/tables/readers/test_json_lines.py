"""Reading JSON lines."""

import pytest

from stretto.batch.tables import open_table
from stretto.core.errors import InputError
from tests.batch.tables.samples import rows_of, values_of


def test_columns_are_all_names(write):
    """Objects may have different names; what is missing is empty, blank lines are none."""
    rows = rows_of(write("a.jsonl", '{"name": "A"}\n\n{"price": 1.0, "name": "瓶"}\n{}\n'))
    assert [(row.number, dict(row.values)) for row in rows] == [
        (1, {"name": "A", "price": ""}),
        (3, {"name": "瓶", "price": "1"}),
    ]
    assert rows[1].cells == ("瓶", 1.0)


def test_values_are_text_as_people_see_it(write):
    """Lists come one item a line, objects as JSON, null as nothing, a lone surrogate as U+FFFD."""
    line = '{"l": ["a", 1], "o": {"k": "瓶"}, "n": null, "t": true, "s": "\\ud800", "f": 0.1, "e": 1e30, "i": 12}'
    (values,) = values_of(write("a.ndjson", line))
    assert values == {
        **{"l": "- a\n- 1", "o": '{"k": "瓶"}', "n": "", "t": "true"},
        **{"s": "\ufffd", "f": "0.1", "e": "1e+30", "i": "12"},
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1}\n{"a": \n', "Row 2 of .* is not JSON"),
        ('{"a": 1}\n[1]\n', "Row 2 of .* is not an object"),
        ('[\n{"a": 1}\n]\n', "Row 1 of .* is not JSON .*one whole object on each line"),
        ('{"a": 1, "a": 2}\n', "names 'a' twice"),
        ('{"": 1}\n', "Column 1 of .* has no name"),
        ("\n\n", "no column names"),
        ("[" * 100_000 + "\n", "too deep"),
        ('{"a": ' + "9" * 5000 + "}\n", "too deep or too long"),
    ],
)
def test_lines_that_cannot_be_used(write, content, message):
    """A line that cannot be read is named with what is wrong."""
    with pytest.raises(InputError, match=message):
        open_table(write("a.jsonl", content))


def test_a_huge_value(write):
    """A value that no model could read is named, and so is a line without end."""
    path = write("a.jsonl", b'{"a": "' + b"x" * 10_000_001 + b'"}\n')
    with pytest.raises(InputError, match=r"Row 1 of .* a cell of more than 10,000,000 characters"):
        rows_of(path)
    with pytest.raises(InputError, match=r"Row 1 of .* more than 50,000,000 characters"):
        open_table(write("b.jsonl", b'{"a": "' + b"x" * 60_000_000 + b'"}\n'))


def test_other_encodings(write):
    """JSON lines in UTF-16 are read too."""
    assert values_of(write("a.jsonl", '{"名": "瓶"}\n'.encode("utf-16"))) == [{"名": "瓶"}]
