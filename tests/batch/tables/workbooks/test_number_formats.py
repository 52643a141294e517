"""Number formats: what a sheet shows is what is read, and no format changes a number."""

from datetime import timedelta

import openpyxl
import pytest

from stretto.batch.tables.workbooks.number_formats import read_format
from tests.batch.tables.samples import rows_of

GERMAN = '_-* #,##0.00 [$€-407]_-;-* #,##0.00 [$€-407]_-;_-* "-"?? [$€-407]_-;_-@_-'
PHONE = "[<=9999999]###-####;(###) ###-####"
BANDS = '[>100]"many";[<0]"owed";0.0'


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        # Only an unquoted, unescaped % multiplies.
        ('0"%"', 20, "20%"),
        ("0\\%", 20, "20%"),
        ("0.00%", 0.1234, "12.34%"),
        ("0 %", 0.2, "20 %"),
        ('#,##0"% off"', 20, "20% off"),
        ('0%" of 100%"', 0.5, "50% of 100%"),
        # Commas after the last digit divide; between digits they are separators of thousands, which are left out.
        ('0.0,,"M"', 2_500_000, "2.5M"),
        ('0,"k"', 1_234_567, "1235k"),
        ("#,##0,.0", 12_345_678, "12345.7"),
        ("0,000", 5, "0005"),
        # Words and marks stay where they are between the digits.
        ("000-0000", 12345, "001-2345"),
        (PHONE, 5551234, "555-1234"),
        (PHONE, 2125551234, "(212) 555-1234"),
        ('"AB-"0000', 12, "AB-0012"),
        ('0"."0', 12, "1.2"),
        # Sections: positive, negative, zero; conditions; colours.
        ('0;"minus" 0', -3, "minus 3"),
        ('0;"sold out";"none"', -3, "sold out"),
        ('0;"sold out";"none"', 0, "none"),
        ("0.00;[Red](0.00)", -3, "(3.00)"),
        ("+0;-0;0", 5, "+5"),
        (BANDS, 150, "many"),
        (BANDS, -1, "owed"),
        (BANDS, 5.55, "5.6"),
        ("[<0](0);0", -5, "(5)"),
        ("[>100]0;0.0", -5, "-5.0"),
        ("[Red]-0%", 0.2, "-20%"),
        ("[Color10]0.0", 1.26, "1.3"),
        (";;;", 5, ""),
        ("0.00;-0.00;;@", 0, ""),
        # Currencies and padding.
        (GERMAN, 1234.5, "1234.50 €"),
        (GERMAN, -1234.5, "-1234.50 €"),
        (GERMAN, 0, "- €"),
        ("#,##0.00\\ [$€-407]", 9.9, "9.90 €"),
        ("[$USD] 0.00", 9.9, "USD 9.90"),
        ("* 0_)", 5, "5"),
        # Fractions, scientific.
        ("# ?/?", 2.25, "2 1/4"),
        ("# ?/?", 3, "3"),
        ("# ?/?", -0.5, "-1/2"),
        ("?/?", 1.5, "3/2"),
        ("# ?/8", 1.25, "1 2/8"),
        ("# ??/??", 3.14159, "3 1/7"),
        ('# ?/?"″"', 6.5, "6 1/2″"),
        ("0.0E+00", 12345, "1.2E+04"),
        ("##0.0E+0", 123456, "123.5E+3"),
        ("0.00E+00", -0.00012, "-1.20E-04"),
        ("0.0E+0", 9.96, "1.0E+1"),
        # Rounding is that of the decimal number that people see.
        ("0.00", 1.005, "1.01"),
        ("0.0%", 0.0005, "0.1%"),
        ("0", 0.5, "1"),
        ("0.00", -0.001, "0.00"),
        # General, with words.
        ("General", 4006381333931, "4006381333931"),
        ('General" ml"', 500, "500 ml"),
        ("General", -1e300, "-1e+300"),
        ("0", 12345678901234567, "12345678901234567"),
        ("0.00", 1e300, "1" + "0" * 300 + ".00"),
        ("@", 12, "12"),
    ],
)
def test_a_format_shows_what_a_sheet_shows(code, value, shown):
    """Percent, scale, words, sections, fractions and exponents are as in a spreadsheet."""
    assert read_format(code).show(value) == shown


@pytest.mark.parametrize("code", ["0 kg", "0.5", "0.0.0", "[DBNum1]0", "[Rot]0", '0"', "#.##0,00", "0 d", ",0", "0E"])
def test_a_format_that_is_not_understood(code, tmp_path):
    """What no spreadsheet could show is read as the plain number."""
    assert read_format(code).show(20) is None
    assert shown_in_a_sheet(tmp_path, code, 20) == ("20", 20)


def shown_in_a_sheet(tmp_path, code, value):
    """Return what is read of a cell with this format: its text, and its value."""
    workbook = openpyxl.Workbook()
    workbook.active.append(["name", "n"])
    workbook.active.append(["x", value])
    workbook.active["B2"].number_format = code
    workbook.save(tmp_path / "a.xlsx")
    (row,) = rows_of(tmp_path / "a.xlsx")
    return row.values["n"], row.cells[1]


@pytest.mark.parametrize(
    ("code", "value", "shown", "kept"),
    [
        ('0"%"', 20, "20%", "20%"),
        (";;;", 5, "", 5),
        ("# ?/?", 0.5, "1/2", "1/2"),
        ("[h]:mm", timedelta(hours=36, minutes=5), "36:05", "36:05"),
        ("[mm]:ss", timedelta(minutes=90), "90:00", "90:00"),
        ('[h]" h"', timedelta(hours=9), "9 h", "9 h"),
        ("h:mm", 45000.5, "12:00", None),
        ("d. mmm yyyy", 45000, "2023-03-15", None),
        ('yyyy"年"m"月"d"日"', 45000, "2023-03-15", None),
        ("@", "Lamp", "Lamp", "Lamp"),
        ('@" (new)"', "Lamp", "Lamp (new)", "Lamp (new)"),
        ('0;0;0;"type "@', "A", "type A", "type A"),
        (";;;", "secret", "", "secret"),
    ],
)
def test_in_a_workbook(tmp_path, code, value, shown, kept):
    """Text and times have formats too; what a format hides is not shown to a model, but not lost to an output."""
    found, cell = shown_in_a_sheet(tmp_path, code, value)
    assert found == shown
    assert kept is None or cell == kept
