"""What the business plan consists of: its assumptions with their slopes, its lines and its limits, as formulas."""

from __future__ import annotations

from dataclasses import dataclass

from cellgrad.lessons.style import Role

EURO, UNITS, PERCENT = "#,##0", "#,##0", "0.0%"
YEARS = 5
WORDS = {Role.DATA: "assumption", Role.PARAMETER: "decision", Role.MODEL: "plan", Role.LOSS: "value"}
"""The legend's words: this lesson makes no loss small, it makes a value large."""


@dataclass(frozen=True)
class Assumption:
    """A number the plan starts from.

    name: of the cell. swing: how far it may reasonably be off, either way. slope: the derivative of the net present
    value by it, as a formula of the plan's cells.
    """

    name: str
    label: str
    value: float
    unit: str
    number_format: str
    swing: float
    slope: str


ASSUMPTIONS = (
    Assumption("price", "price, year 1", 40, "€", "0.00", 4,
               "SUMPRODUCT(keep,(1-elasticity)*revenue+elasticity*material)/price"),
    Assumption("advertising", "advertising a year", 60_000, "€", EURO, 15_000,
               "SUMPRODUCT(keep,response*(revenue-material)/advertising-1)"),
    Assumption("base_units", "units, year 1, at usual price", 20_000, "units", UNITS, 2_000,
               "SUMPRODUCT(keep,revenue-material)/base_units"),
    Assumption("usual_price", "usual price of such a lamp", 38, "€", "0.00", 2,
               "elasticity*SUMPRODUCT(keep,revenue-material)/usual_price"),
    Assumption("elasticity", "units lost by 1 % more price", 2.2, "%", "0.00", 0.2,
               "-LN(price/usual_price)*SUMPRODUCT(keep,revenue-material)"),
    Assumption("usual_advertising", "usual advertising a year", 50_000, "€", EURO, 10_000,
               "-response*SUMPRODUCT(keep,revenue-material)/usual_advertising"),
    Assumption("response", "units won by 1 % more advertising", 0.12, "%", "0.00", 0.03,
               "LN(advertising/usual_advertising)*SUMPRODUCT(keep,revenue-material)"),
    Assumption("unit_growth", "growth of units a year", 0.08, "", PERCENT, 0.02,
               "SUMPRODUCT(keep,(year-1)*(revenue-material))/(1+unit_growth)"),
    Assumption("price_rise", "rise of the price a year", 0.02, "", PERCENT, 0.01,
               "SUMPRODUCT(keep,(year-1)*revenue)/(1+price_rise)"),
    Assumption("unit_cost", "material a unit, year 1", 18, "€", "0.00", 2,
               "-SUMPRODUCT(keep,material)/unit_cost"),
    Assumption("fixed_costs", "fixed costs, year 1", 150_000, "€", EURO, 15_000,
               "-SUMPRODUCT(keep,fixed)/fixed_costs"),
    Assumption("cost_rise", "rise of costs a year", 0.025, "", PERCENT, 0.01,
               "-SUMPRODUCT(keep,(year-1)*(material+fixed))/(1+cost_rise)"),
    Assumption("investment", "tools and moulds, year 0", 400_000, "€", EURO, 40_000,
               f"SUMPRODUCT(discount,--(profit>0))*tax_rate/{YEARS}-1"),
    Assumption("tax_rate", "tax on profit", 0.25, "", PERCENT, 0.05,
               "-SUMPRODUCT(discount,(profit>0)*profit)"),
    Assumption("discount_rate", "discount rate", 0.09, "", PERCENT, 0.02,
               "-SUMPRODUCT(discount,year*cash_flow)/(1+discount_rate)"),
)  # fmt: skip
CHANGING = ("price", "advertising")

HEADER, FIRST = 3, 4
"""The header row of `plan` and the first row below, from 0; `tornado` and `what_if` begin there too."""
LAST = FIRST + len(ASSUMPTIONS) - 1

LINES = (
    ("price", "€", "0.00", "=price*(1+price_rise)^({c}$4-1)"),
    ("units sold", "units", UNITS,
     "=base_units*(price/usual_price)^-elasticity*(advertising/usual_advertising)^response*(1+unit_growth)^({c}$4-1)"),
    ("revenue", "€", EURO, "={c}5*{c}6"),
    ("material", "€", EURO, "=unit_cost*(1+cost_rise)^({c}$4-1)*{c}6"),
    ("fixed costs", "€", EURO, "=fixed_costs*(1+cost_rise)^({c}$4-1)"),
    ("advertising", "€", EURO, "=advertising"),
    ("wear of tools", "€", EURO, f"=investment/{YEARS}"),
    ("profit before tax", "€", EURO, "={c}7-{c}8-{c}9-{c}10-{c}11"),
    ("tax", "€", EURO, "=tax_rate*MAX(0,{c}12)"),
    ("cash flow", "€", EURO, "={c}12-{c}13+{c}11"),
    ("cash so far", "€", EURO, "={p}15+{c}14"),
    ("discount factor", "", "0.0000", "=1/(1+discount_rate)^{c}$4"),
    ("a euro kept", "€", "0.0000", "={c}16*IF({c}12>0,1-tax_rate,1)"),
)  # fmt: skip
"""The lines of the years: label, unit, format, formula; {c} the year's column, {p} the one before."""
YEAR_0 = {"cash flow": "=-investment", "cash so far": "=G14", "discount factor": "=1/(1+discount_rate)^G$4"}
REGIONS = {
    "year": 4,
    "revenue": 7,
    "material": 8,
    "fixed": 9,
    "profit": 12,
    "cash_flow": 14,
    "discount": 16,
    "keep": 17,
}
"""Names of the years 1 to 5 of a line, and its row as Excel counts."""

LIMITS_AT = 21
LIMITS = (
    ("units in the best year", "=MAX(H6:L6)", "at most", 34_000, UNITS, "H6:L6"),
    ("price, not above", "=price", "at most", 48, "0.00", "B5"),
    ("price, not below", "=price", "at least", 25, "0.00", "B5"),
    ("advertising, not above", "=advertising", "at most", 120_000, EURO, "B6"),
    ("advertising, not below", "=advertising", "at least", 20_000, EURO, "B6"),
    ("cash so far after year 3", "=J15", "at least", 50_000, EURO, "J15"),
)
"""Label, what it is now, relation, limit, format, and the cells that Solver holds to it."""

BEST = {"net present value": 494_471.004590, "price": 34.579537, "advertising": 56_785.5709}
"""Where Optimize ends, rounded as the sheet says it; a test finds it another way."""
