"""The task and its context, from options, files and stdin."""

import io

import pytest

from stretto.core.errors import InputError
from stretto.faces.cli.input.context import LARGEST, read_context, read_context_file, read_task


@pytest.fixture
def stdin(monkeypatch):
    """Put bytes on stdin."""

    def put(data: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


def write(tmp_path, name, content):
    """Write a file and return its path."""
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def test_a_task_is_what_was_typed():
    """The task reaches the models letter for letter."""
    assert read_task("  Write {copy} for $5 </task>") == "  Write {copy} for $5 </task>"


def test_a_task_from_stdin(stdin):
    """A dash reads the task from stdin, as UTF-8 in any locale and without a byte order mark."""
    stdin("\ufeff写一段文案\n".encode())
    assert read_task("-") == "写一段文案\n"


def test_a_task_typed_at_a_terminal(stdin, monkeypatch, capsys):
    """Whoever is waited for is told so."""
    stdin(b"Write copy")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert read_task("-") == "Write copy"
    assert "Ctrl-D" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "data", "said"),
    [
        ("", b"", "from the command is empty"),
        (" \n\t", b"", "from the command is empty"),
        ("-", b" \n", "from stdin is empty"),
        ("-", b"\xff\xfe", "stdin is not UTF-8 text (byte 0)"),
        ("-", b"x" * (LARGEST + 1), "stdin has more than 5 MB"),
    ],
)
def test_a_task_that_cannot_be_used(stdin, given, data, said):
    """An empty, undecodable or endless task is one line."""
    stdin(data)
    with pytest.raises(InputError) as caught:
        read_task(given)
    assert said in str(caught.value)


def test_values_by_hand():
    """Everything after the first equals sign is the value, unaltered."""
    assert read_context(["audience=runners", "formula=a = b ", "empty="]) == {
        "audience": "runners",
        "formula": "a = b ",
        "empty": "",
    }


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["audience"], "A context value is name=value, got 'audience'."),
        (["=runners"], "A context value is name=value, got '=runners'."),
        (["a=1", "a=2"], "The context value 'a' is given twice."),
    ],
)
def test_values_by_hand_that_cannot_be_used(values, said):
    """A value without a name and a name with two values are one line."""
    with pytest.raises(InputError) as caught:
        read_context(values)
    assert caught.value.message == said


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.json",
            '{"price": 12.50, "n": 3, "tags": ["a", "b"], "nan": NaN}',
            {"price": "12.50", "n": 3, "tags": ["a", "b"], "nan": "NaN"},
        ),
        (
            "a.yaml",
            "price: 12.50\norganic: yes\nsku: 007\nsince: 2024-01-01\n",
            {"price": "12.50", "organic": "yes", "sku": "007", "since": "2024-01-01"},
        ),
        (
            "a.yml",
            "none:\ntilde: ~\nquoted: '~'\ntags: [a, b]\nat: {x: 1}\n",
            {"none": None, "tilde": None, "quoted": "~", "tags": ["a", "b"], "at": {"x": "1"}},
        ),
        ("a.yml", "x: !!python/object/apply:os.system [id]\n", {"x": ["id"]}),
        ("a.txt", "\ufeffA bottle.\n", {"context": "A bottle."}),
        ("a.md", "# Brief\n\nA bottle.\n", {"context": "# Brief\n\nA bottle."}),
        ("a.MD", "---\naudience: runners\n---\n\nA bottle.\n", {"audience": "runners", "context": "A bottle."}),
        ("a.markdown", "---\naudience: runners\n...\n", {"audience": "runners"}),
        ("a.md", "---\n---\nA bottle.", {"context": "A bottle."}),
        ("a.md", "---\nA rule, not front matter.", {"context": "---\nA rule, not front matter."}),
    ],
)
def test_a_file_is_read_as_its_name_says(tmp_path, name, content, expected):
    """Every kind of file gives its values as they were written."""
    assert read_context_file(write(tmp_path, name, content)) == expected


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"\x89PNG\r\n\x1a\n", "is not UTF-8 text (byte 0)"),
        ("a.json", b'{"n": %s}' % (b"1" * 5000), "has a number that is too long. Write it in quotes."),
        ("a.json", b"PK\x03\x04\x14", "is not valid JSON"),
        ("a.json", "", "is not valid JSON"),
        ("a.json", "[1]", "must hold names with values, got a list"),
        ("a.json", '"x"', "must hold names with values, got a single value"),
        ("a.json", '{"a": 1, "a": 2}', "the name 'a' is given twice"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.yaml", "- a\n- b\n", "must hold names with values, got a list"),
        ("a.yaml", "", "must hold names with values, got nothing"),
        ("a.yaml", "a: [", "is not valid YAML: "),
        ("a.yaml", "a: \x01", "is not valid YAML: "),
        ("a.yaml", "a: 1\na: 2\n", "the name 'a' is given twice (line 2)"),
        ("a.yaml", "? [a]\n: b\n", "a name must be text (line 1)"),
        ("a.yaml", "a: 1\n---\nb: 2\n", "several documents"),
        ("a.yaml", "a: &x {b: *x}\n", "the alias *x is not read (line 1)"),
        ("a.yaml", "a: " + "[" * 200_000, "nested deeper than 50 levels"),
        ("a.md", "---\n- a\n---\ntext", "must hold names with values, got a list"),
        ("a.md", "---\ncontext: x\n---\ntext", "its front matter has 'context'"),
        ("a.txt", " \n", "is empty"),
        ("a.docx", b"PK", "a context file ends in .json, .yaml"),
        ("a.txt", b"x" * (LARGEST + 1), "has more than 5 MB"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(tmp_path, name, content, said):
    """A file that cannot be used is one line that names it and says what is wrong."""
    file = write(tmp_path, name, content)
    with pytest.raises(InputError) as caught:
        read_context_file(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_and_a_file_that_is_not_there(tmp_path):
    """What cannot be opened is said with its name and the system's reason."""
    (tmp_path / "folder.json").mkdir()
    for name, reason in [("folder.json", "Is a directory"), ("none.json", "No such file or directory")]:
        with pytest.raises(InputError) as caught:
            read_context_file(tmp_path / name)
        assert str(caught.value) == f"Cannot read the context file {tmp_path / name}: {reason}."


def test_aliases_that_stand_for_gigabytes_end_at_once(tmp_path):
    """A YAML file of nested aliases is refused before anything is made of it: what it makes fits no machine."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(InputError, match="alias"):
        read_context_file(write(tmp_path, "bomb.yaml", "\n".join(levels)))


def test_several_files_and_values_by_hand(tmp_path):
    """Files are joined, and a value typed by hand takes the place of a file's."""
    one, two = write(tmp_path, "a.json", '{"a": "1", "b": "2"}'), write(tmp_path, "b.txt", "text")
    assert read_context(["a=typed"], [one, two]) == {"a": "typed", "b": "2", "context": "text"}


def test_the_same_name_in_two_files_is_said(tmp_path):
    """Two files that give one name different homes are named both."""
    one, two = write(tmp_path, "a.json", '{"a": "1"}'), write(tmp_path, "b.yaml", "a: 2")
    with pytest.raises(InputError) as caught:
        read_context((), [one, two])
    assert str(caught.value) == f"The context value 'a' is in both {one} and {two}."
