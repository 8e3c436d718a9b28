"""Dates and finance against LibreOffice, over tables of random sensible arguments.

A difference that Microsoft's documentation settles is listed in KNOWN_DIFFERENCES; anything else is a failure.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests import libreoffice
from tests.functions.test_libreoffice import Case, Difference, write

from cellgrad.hosts.package import read
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value

pytestmark = pytest.mark.libreoffice

_FUTURE = re.compile(r"\b(DAYS|ISOWEEKNUM|PDURATION|RRI)\(")

DAYS = [0, 1, 58, 59, 60, 61, 366, 1462, 25569, 36525, 36526, 36584, 36585, 36890, 38776, 39141, 39507, 39508, 40236,
        40602, 40633, 41333, 42429, 43830, 43831, 43890, 43891, 44196, 44561, 45351, 2958465]  # fmt: skip
"""Ends of years and of Februaries, leap years among them, and the ends of the calendar."""
TIMES = ["0", "0.25", "0.5", "0.75", "0.999", "1/3", "43831.6", "0.1", "0.7", "45350.123456"]
TEXTS = ["1/31/2020", "2020-01-31", "31-Jan-2020", "Jan 31, 2020", "January 31, 2020", "12/31/1999", "1/31/29",
         "1/31/30", "2/29/2020", "2/29/2019", "13/1/2020", "abc", "", "2020", "12:30", "12:30:45", "6:30 PM",
         "12:00 AM", "1/31/2020 12:30", "25:00"]  # fmt: skip


def dates(chance: random.Random) -> Iterator[str]:
    for name, day in itertools.product(["YEAR", "MONTH", "DAY", "ISOWEEKNUM", "WEEKDAY", "WEEKNUM"], DAYS):
        yield f"{name}({day})"
    for day, kind in itertools.product(DAYS[:20], (1, 2, 3, 11, 12, 13, 14, 15, 16, 17, 21, 4)):
        yield from (f"WEEKDAY({day},{kind})", f"WEEKNUM({day},{kind})")
    for time in TIMES:
        yield from (f"{name}({time})" for name in ("HOUR", "MINUTE", "SECOND"))
    for _ in range(100):
        yield f"DATE({chance.randint(1898, 2100)},{chance.randint(-30, 30)},{chance.randint(-400, 400)})"
        yield f"TIME({chance.randint(0, 40)},{chance.randint(-60, 200)},{chance.randint(-60, 4000)})"
    for text in TEXTS:
        yield from (f'DATEVALUE("{text}")', f'TIMEVALUE("{text}")', f'"{text}"+0')
    for day, months in itertools.product(DAYS, (-13, -12, -1, 0, 1, 2, 12, 25)):
        yield from (f"EDATE({day},{months})", f"EOMONTH({day},{months})")
    for a, b in itertools.product(DAYS[5:-1], DAYS[8:-1]):
        yield from (f"DAYS360({a},{b})", f"DAYS360({a},{b},TRUE)", f"DAYS({b},{a})")
        yield from (f"YEARFRAC({a},{b},{basis})" for basis in range(5))
        if a <= b:
            yield from (f'DATEDIF({a},{b},"{unit}")' for unit in ("Y", "M", "D", "MD", "YM", "YD"))
    for _ in range(150):
        start, span = chance.randint(100, 60000), chance.randint(-400, 400)
        holidays = "{" + ",".join(str(start + chance.randint(-400, 400)) for _ in range(4)) + "}"
        weekend = chance.choice(["1", "2", "7", "11", "13", "17", '"0000011"', '"1010101"', '"0111111"'])
        yield from (f"NETWORKDAYS({start},{start + span})", f"NETWORKDAYS({start},{start + span},{holidays})")
        yield from (f"NETWORKDAYS.INTL({start},{start + span},{weekend},{holidays})",)
        yield from (f"WORKDAY({start + 600},{span})", f"WORKDAY({start + 600},{span},{holidays})")
        yield f"WORKDAY.INTL({start + 3000},{span},{weekend},{holidays})"


def loans(chance: random.Random) -> Iterator[str]:
    for _ in range(80):
        rate, n = round(chance.choice([0, 0.001, 0.01, 0.1, 0.3]) * chance.uniform(0.5, 1.5), 6), chance.randint(1, 60)
        pv, fv, kind = round(chance.uniform(100, 9000), 2), round(chance.uniform(-5000, 5000), 2), chance.randint(0, 1)
        pmt, per = round(chance.uniform(-900, -100), 2), chance.randint(1, n)
        yield from (f"{f}({rate},{n},{x},{fv},{kind})" for f, x in (("PV", pmt), ("FV", pmt), ("PMT", pv)))
        yield from (f"{f}({rate},{per},{n},{pv},{fv},{kind})" for f in ("IPMT", "PPMT"))
        yield from (f"NPER({rate},{pmt},{pv},{fv},{kind})", f"ISPMT({rate},{per},{n},{pv})")
        yield f"RATE({n},{pmt},{pv / 2:.2f},0,{kind})"
        yield from (f"{f}({rate},{n},{pv},{per},{n},{kind})" for f in ("CUMIPMT", "CUMPRINC"))
        yield from (
            f"EFFECT({rate},{n})",
            f"NOMINAL({rate},{n})",
            f"PDURATION({rate},{pv},{abs(fv)})",
            f"RRI({n},{pv},{abs(fv)})",
        )
        yield from (f"DOLLARDE({fv},{n})", f"DOLLARFR({fv},{n})")
    for _ in range(80):
        flows = [
            round(-chance.uniform(500, 900), 2),
            *(round(chance.uniform(50, 400), 2) for _ in range(chance.randint(3, 9))),
        ]
        series, rate = "{" + ",".join(map(str, flows)) + "}", round(chance.uniform(0.01, 0.3), 4)
        start = chance.randint(36000, 44000)
        when = "{" + ",".join(str(start + (day and chance.randint(30, 1500))) for day in range(len(flows))) + "}"
        yield from (f"NPV({rate},{series})", f"IRR({series})", f"MIRR({series},{rate},{rate / 2})")
        yield from (f"XNPV({rate},{series},{when})", f"XIRR({series},{when})")
        yield f"FVSCHEDULE({flows[0]},{{{rate},{rate / 3},{-rate}}})"


def depreciations(chance: random.Random) -> Iterator[str]:
    for _ in range(60):
        cost, life = round(chance.uniform(1000, 9000), 2), chance.randint(3, 12)
        salvage, per = round(chance.uniform(0, 900), 2), chance.randint(1, life)
        factor = chance.choice([1.5, 2, 3])
        yield from (f"SLN({cost},{salvage},{life})", f"SYD({cost},{salvage},{life},{per})")
        yield from (f"DB({cost},{salvage},{life},{per})", f"DB({cost},{salvage},{life},{per},7)")
        yield from (f"DDB({cost},{salvage},{life},{per})", f"DDB({cost},{salvage},{life},{per},{factor})")
        start, end = sorted((chance.randint(0, life), chance.randint(0, life)))
        yield from (f"VDB({cost},{salvage},{life},{start},{end},{factor},{switch})" for switch in (0, 1))
        bought, rate = chance.randint(36000, 44000), chance.choice([0.1, 0.15, 0.2, 0.3])
        days, basis = chance.randint(20, 360), chance.choice([0, 1, 3, 4])
        yield f"AMORLINC({cost},{bought},{bought + days},{salvage},{per},{rate},{basis})"
        yield f"AMORDEGRC({cost},{bought},{bought + days},{salvage},{per},0.15,{basis})"


def securities(chance: random.Random) -> Iterator[str]:
    for _ in range(150):
        settlement, span = chance.randint(36000, 44000), chance.randint(10, 5000)
        maturity = settlement + span
        rate, yld = (round(chance.uniform(0.01, 0.12), 4) for _ in range(2))
        pr, redemption = round(chance.uniform(85, 99), 3), chance.choice([100, 103.5])
        often, basis = chance.choice([1, 2, 4]), chance.randint(0, 4)
        dates_ = f"{settlement},{maturity}"
        coupons = ("COUPPCD", "COUPNCD", "COUPNUM", "COUPDAYS", "COUPDAYBS", "COUPDAYSNC")
        yield from (f"{name}({dates_},{often},{basis})" for name in coupons)
        yield f"PRICE({dates_},{rate},{yld},{redemption},{often},{basis})"
        yield f"YIELD({dates_},{rate},{pr},{redemption},{often},{basis})"
        yield from (f"{name}({dates_},{rate},{yld},{often},{basis})" for name in ("DURATION", "MDURATION"))
        yield from (f"{name}({dates_},{pr},{redemption},{basis})" for name in ("DISC", "INTRATE", "YIELDDISC"))
        yield f"PRICEDISC({dates_},{rate},{redemption},{basis})"
        yield f"RECEIVED({settlement},{settlement + 300},1000,{rate},{basis})"
        issue = settlement - chance.randint(10, 300)
        yield f"PRICEMAT({dates_},{issue},{rate},{yld},{basis})"
        yield f"YIELDMAT({dates_},{issue},{rate},{pr},{basis})"
        yield f"ACCRINTM({issue},{settlement},{rate},1000,{basis})"
        yield f"ACCRINT({issue},{settlement + 200},{settlement},{rate},1000,{often},{basis})"
        bill = settlement + chance.randint(5, 360)
        yield f"TBILLPRICE({settlement},{bill},{rate})"
        yield f"TBILLYIELD({settlement},{bill},{pr})"
        yield f"TBILLEQ({settlement},{bill},{rate})"
        last = settlement - chance.randint(10, 300)
        yield f"ODDLPRICE({settlement},{settlement + 100},{last},{rate},{yld},{redemption},{often},{basis})"
        yield f"ODDLYIELD({settlement},{settlement + 100},{last},{rate},{pr},{redemption},{often},{basis})"


def _called(names: str, *arguments: str) -> Callable[[str], bool]:
    """Whether a formula calls one of the functions, with a first argument or ending that matches."""
    pattern = re.compile(rf"({names.replace(' ', '|')})\({arguments[0] if arguments else ''}")
    ending = arguments[1] if len(arguments) > 1 else ""
    return lambda formula: pattern.match(formula) is not None and formula.endswith(ending)


def _close(ours: Value, theirs: Value, tolerance: float) -> bool:
    return type(ours) is float and type(theirs) is float and abs(ours - theirs) <= tolerance * max(1, abs(ours))


KNOWN_DIFFERENCES = [
    Difference(
        "LibreOffice's calendar has no 29 February 1900 and goes on before it",
        "Excel incorrectly assumes that the year 1900 is a leap year",
        lambda formula, ours, theirs: _called("YEAR MONTH DAY WEEKNUM EDATE EOMONTH", r"(0|1|58|59|60|61|366)\b")(
            formula
        ),
    ),
    Difference(
        "the calendar year 1900 has 365 days in LibreOffice",
        "Excel incorrectly assumes that the year 1900 is a leap year",
        lambda formula, ours, theirs: _called("YEARFRAC", r"(61|366),", ",1)")(formula),
    ),
    Difference(
        "dates before the first day are numbers below 0 in LibreOffice",
        "EDATE, EOMONTH functions: #NUM! where the result is no valid date",
        lambda formula, ours, theirs: _called("EDATE EOMONTH")(formula) and ours is CellError.NUM,
    ),
    Difference(
        "years below 1900 are years of their own in LibreOffice",
        "DATE function: a year between 0 and 1899 is added to 1900",
        lambda formula, ours, theirs: _called("DATE", "189[89]")(formula),
    ),
    Difference(
        "LibreOffice counts days that share a week with the next 1 January into its week",
        "WEEKNUM function: system 1, the week containing January 1 is the first week of the year",
        lambda formula, ours, theirs: _called("WEEKNUM")(formula) and theirs == 1.0,
    ),
    Difference(
        "an argument out of range is #VALUE! in LibreOffice",
        "the page of each function: #NUM!",
        lambda formula, ours, theirs: (ours, theirs) == (CellError.NUM, CellError.VALUE),
    ),
    Difference(
        "a nominal rate of 0 has an effective one in LibreOffice",
        "EFFECT function: #NUM! if nominal_rate is 0 or below",
        lambda formula, ours, theirs: formula.startswith("EFFECT(0.0,") and ours is CellError.NUM,
    ),
    Difference(
        "a text without a date is no date, and one without a time no time, in LibreOffice",
        "DATEVALUE function: time information is ignored; TIMEVALUE function: date information is ignored",
        lambda formula, ours, theirs: (
            _called("DATEVALUE TIMEVALUE")(formula) and ours in (0.0, 1.0) and theirs is CellError.VALUE
        ),
    ),
    Difference(
        "LibreOffice counts the days of the end's year, Excel those of the start's",
        "ScInterpreter::ScGetDateDif, in words: Excel's answer differs for leap years",
        lambda formula, ours, theirs: _called("DATEDIF", "", '"YD")')(formula) and _close(ours, theirs, 1),
    ),
    Difference(
        "a holiday that is no date is passed over in LibreOffice",
        "NETWORKDAYS, WORKDAY functions: an error if any argument is not a valid date; #NUM! as Excel stores it",
        lambda formula, ours, theirs: "WORKDAY" in formula and ",-" in formula and ours is CellError.NUM,
    ),
    Difference(
        "LibreOffice ends at -100 %, which is no root",
        "RATE function: #NUM! where no result is found; PV function: the equation that a rate must fulfil",
        lambda formula, ours, theirs: _called("RATE")(formula) and type(theirs) is float and theirs < -0.999,
    ),
    Difference(
        "LibreOffice finds rates far from the guess that Excel does not reach",
        "RATE function: #NUM! where no result is found; #NUM! Error in RATE Formula, Microsoft Community, 2023",
        lambda formula, ours, theirs: _called("RATE")(formula) and ours is CellError.NUM and type(theirs) is float,
    ),
    Difference(
        "LibreOffice adds up balances in which growth and payments cancel, at high rates over long times",
        "exact arithmetic: see test_finance.py",
        lambda formula, ours, theirs: _called("CUMIPMT CUMPRINC IPMT PPMT")(formula) and _close(ours, theirs, 1e-6),
    ),
    Difference(
        "LibreOffice rounds in between, and spreads the last two periods otherwise",
        "AMORDEGRC, AMORLINC functions, and Excel's numbers in ExcelFinancialFunctions",
        lambda formula, ours, theirs: _called("AMORDEGRC AMORLINC")(formula) and type(theirs) is float,
    ),
    Difference(
        "LibreOffice counts the days to the next coupon, Excel what is left of the coupon period",
        "Excel's numbers in ExcelFinancialFunctions; the two agree with bases 0 and 1",
        lambda formula, ours, theirs: _called("PRICE YIELD")(formula) and formula[-3:] in (",2)", ",3)", ",4)"),
    ),
    Difference(
        "LibreOffice takes the time to the first coupon from YEARFRAC to the maturity",
        "DURATION, MDURATION functions; Excel's numbers in ExcelFinancialFunctions",
        lambda formula, ours, theirs: _called("DURATION MDURATION")(formula) and type(theirs) is float,
    ),
    Difference(
        "LibreOffice measures more than a year with the days of its first year",
        "YEARFRAC function, and B, the days in a year, on each page",
        lambda formula, ours, theirs: _called("INTRATE PRICEDISC PRICEMAT YIELDMAT", "", ",1)")(formula),
    ),
    Difference(
        "LibreOffice counts parts of 30-day months its own way",
        "YEARFRAC function; [MS-OI29500] 2.1.1072",
        lambda formula, ours, theirs: (
            _called("INTRATE PRICEDISC RECEIVED ACCRINTM PRICEMAT YIELDMAT")(formula)
            and formula[-3:] in (",0)", ",1)", ",4)")
        ),
    ),
    Difference(
        "LibreOffice accrues by the part of a year, not by coupon periods",
        "ACCRINT function: the sum over quasi-coupon periods",
        lambda formula, ours, theirs: _called("ACCRINT")(formula) and type(theirs) is float,
    ),
    Difference(
        "LibreOffice counts an odd last period in parts of a year, not by coupon periods",
        "ODDLPRICE, ODDLYIELD functions: the sum over quasi-coupon periods",
        lambda formula, ours, theirs: _called("ODDLPRICE ODDLYIELD")(formula) and type(theirs) is float,
    ),
    Difference(
        "LibreOffice counts a bill's days in 30-day months, and one more",
        "TBILLEQ, TBILLPRICE, TBILLYIELD functions: DSM is the number of days from settlement to maturity",
        lambda formula, ours, theirs: _called("TBILLEQ TBILLPRICE TBILLYIELD")(formula) and type(theirs) is float,
    ),
]

LOOSE = {"RATE": 1e-6, "XIRR": 1e-6, "IRR": 1e-6, "YIELD": 1e-6}
"""How far LibreOffice goes in looking for a root."""


def agree(formula: str, ours: Value, theirs: Value) -> bool:
    if type(ours) is float and type(theirs) is float:
        tolerance = LOOSE.get(formula.partition("(")[0], 1e-10)
        return math.isclose(ours, theirs, rel_tol=tolerance, abs_tol=tolerance)
    return type(ours) is type(theirs) and ours == theirs


def formulas() -> list[str]:
    chance = random.Random(4)
    return list(itertools.chain(dates(chance), loans(chance), depreciations(chance), securities(chance)))


def disagreements(folder: Path) -> tuple[int, list[tuple[str, Value, Value]]]:
    """(how many formulas were compared, those that differ)."""
    wanted = formulas()
    path = folder / "finance.xlsx"
    places = write(path, [Case(_FUTURE.sub(r"_xlfn.\1(", formula)) for formula in wanted])
    theirs = libreoffice.recalculated(path, folder / "recalculated")["cases"]
    reference = Reference(read(path))
    found = []
    for formula, (row, column) in zip(wanted, places, strict=True):
        ours, other = reference.value("cases", row, column), theirs.get((row, column), "")
        if not agree(formula, ours, other):
            found.append((formula, ours, other))
    return len(wanted), found


def test_agrees_with_libreoffice(tmp_path: Path) -> None:
    compared, found = disagreements(tmp_path)
    left = [case for case in found if not any(d.covers(*case) for d in KNOWN_DIFFERENCES)]
    lines = [f"{formula}: ours {ours!r}, LibreOffice {theirs!r}" for formula, ours, theirs in left]
    assert not left, "\n".join([f"{len(left)} of {compared} differ", *lines])
    assert compared >= 8000
    assert all(any(d.covers(*case) for case in found) for d in KNOWN_DIFFERENCES), "strike what no longer differs"
