"""What the notes of the business plan say, by the header or label they hang on."""

from __future__ import annotations

PLAN = {
    "title": (
        "A business plan is a model like a net: numbers go in, formulas follow, one number comes out. So the same "
        "slopes say which of the inputs matter, and the same search finds the best decision."
    ),
    "assumption": (
        "Yellow: the two decisions, which Optimize may change. Blue: what we believe of the world. Each cell has a "
        "name, so that the formulas on the right can be read aloud."
    ),
    "one percent": (
        "The euros by which the net present value changes if this assumption alone grows by 1 % of itself: its slope "
        "(sheet tornado) times 1 % of its value. Red raises the value, blue lowers it, as in the Gradient map.\nStrong "
        "colours deserve your time: ask where the number comes from. Pale ones can stay guesses."
    ),
    "value": (
        "All cash flows, each worth less the later it comes. This is the objective cell: the larger the better.\n"
        "NPV discounts its first number by a whole year, so the investment of year 0 is added outside it."
    ),
    "limits": (
        "What Optimize must keep to; they are saved with the workbook, and Excel's Solver reads them too. A cell turns "
        "red where a limit is broken.\nTry this: run Optimize, then raise the first limit to 40,000 and run it again. "
        "What would a larger workshop be worth?"
    ),
    "optimize": (
        "With the assumptions as shipped. The workshop is full in year 5 there: without that limit a lower price would "
        "pay. Each lamp more that could be made raises the value; the sensitivity report says by how much: cellgrad "
        "optimize FILE --report reports.xlsx."
    ),
}

ASSUMPTIONS = {
    "price": (
        "A decision. Dearer lamps earn more each and sell less; the curve below shows where the two balance.\nTry "
        "this: find the best price by hand, watching L18, then press Optimize."
    ),
    "advertising": "A decision: spent every year. It wins buyers, each euro fewer than the one before.",
    "elasticity": (
        "If the price goes up by 1 %, this many percent of the buyers stay away. Above 1 a lower price brings more "
        "revenue. Hardly ever known well: look at its bar."
    ),
    "response": "If advertising goes up by 1 %, the units sold go up by this many percent: far fewer than 1.",
    "discount_rate": "What the money could earn elsewhere in a year. A euro in a year is worth 1/(1 + rate) today.",
    "tax_rate": "Paid on profit; a loss pays none and is not carried over, which is a simplification.",
}

LINES = {
    "units sold": (
        "Units at the usual price, times what price and advertising do to them, times the growth since year 1. Powers "
        "turn percents into percents: a price up by 1 % takes away the percentage in B9."
    ),
    "wear of tools": "The investment spread over the five years: no cash leaves, but it lowers the taxed profit.",
    "cash flow": "Profit after tax, plus the wear, which was never paid out.",
    "cash so far": "Below 0 until the investment has come back. The bank wants to see year 3 well above 0.",
    "a euro kept": (
        "What one euro more of profit in this year adds to the net present value: discounted, and less its tax. With "
        "it every slope of the sheet tornado is one sum over five years: the chain rule, in a row."
    ),
}

TORNADO = {
    "title": (
        "Fifteen assumptions, and none is certain. Slope times possible error says how many euros hang on each. Drawn "
        "as bars, the longest on top, it looks like a tornado: work on the top, let the bottom be."
    ),
    "exact slope": (
        "The derivative of the net present value by this assumption, worked out by hand from the plan's lines and "
        "written as one formula. Cellgrad finds the same without the work, for any sheet: see below the tables."
    ),
    "by differences": (
        "The way without any calculus: the whole plan with the assumption a little larger, and a little smaller (sheet "
        "what_if), and the difference divided by the distance. Two plans for each assumption; the exact slopes need "
        "none."
    ),
    "apart": (
        "How far the two are apart, as a part of the slope. Try this: in what_if!C3 make the step 10 %, then 0.01 %, "
        "then 0.0000000001 %. Too wide a step sees the curve bend, too small a one drowns in rounding."
    ),
    "size": "Slope times error, without its sign: what the list below is sorted by.",
    "may be off by": "How wrong the assumption may reasonably be, either way. Your judgement: edit it.",
    "slope × that": "What that does to the value if the plan were a straight line.",
    "less: value": "What it really does if the assumption is less by that much: the plan worked out again.",
    "more: value": "The same for more. Where less and more are not mirror images, the plan is curved there.",
    "strongest first": (
        "The assumptions in the order of the column size. After Optimize the bars of "
        "price and advertising shrink: at a best point small changes of the decisions bring nothing. What remains "
        "of them is due to the limit that stands in the way."
    ),
}

GRADIENT_MAP = (
    ("The same for any sheet: the Gradient map", True),
    ("In Excel and in LibreOffice: open the sheet plan, then choose Gradient map in Cellgrad's ribbon or menu.", False),
    ("In a terminal: cellgrad gradients sensitivity.xlsx --map map.xlsx", False),
    ("A new workbook opens: every number that reaches L18 stands in its own place, blue where more", False),
    ("of it lowers the value and red where it raises it, the stronger the darker, and the strongest", False),
    ("are listed first. Compare it with column C, which took an afternoon of calculus.", False),
)
"""Lines below the tables; whether each is a heading."""

WHAT_IF = {
    "title": (
        "What the differences, the second tornado and the price curve are made of: the whole plan again in each row, "
        "with one assumption shifted."
    ),
    "step": (
        "How far the assumptions are shifted to measure a slope, as a part of their value; a 0 is shifted by the step "
        "itself. The column `apart` of the "
        "sheet tornado says how good that is."
    ),
    "shift": "A little less and more: for the slopes. Less and more: by what the sheet tornado says it may be off.",
    "profit 1": "The lines of the sheet plan from units to profit, in one formula.",
    "value": "The net present value of this row's plan. The first row must be that of the sheet plan.",
}

TRY_THIS = (
    "Type 36, 34, 32 into B5 and watch L18 and the dot on the curve. Then Optimize: how near were you?",
    "Raise the first limit (D23) to 40,000 and Optimize again. What is the larger workshop worth?",
    "Make the discount rate (B19) 15 %. Which colours in column D become stronger, and which paler?",
    "Sheet tornado: double a number in column F. Does its bar climb to the top?",
)
"""What the box on the sheet plan says."""
