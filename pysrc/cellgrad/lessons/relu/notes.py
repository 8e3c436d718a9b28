"""What the notes of the ReLU workbook say, by the header or label they hang on."""

from __future__ import annotations

ONE = {
    "title": (
        "A straight line m·x + b, and wherever it falls below 0, 0 instead. That is all there is to a rectified linear "
        "unit, a ReLU for short: a line with one bend."
    ),
    "m": "The slope. Try this: drag it through 0. The open side changes hands.",
    "b": "The shift. It moves the bend along the x axis: the bend is where m·x + b is 0, at -b/m.",
    "line": "The line before it is rectified.",
    "ReLU": "=MAX(0, the line). Nothing else is needed to turn straight things into bent ones.",
    "slider at": "Sliders know whole numbers alone: from 0 to 120 here, of which the next column makes -3 to 3.",
}

TWO = {
    "title": "Two such lines, added point by point. Each brings its own bend, so the sum has two.",
    "loss": (
        "The mean of the squared distances between the sum and the dotted V.\nTry this: bring it to 0 by hand. The V "
        "is x where x is positive and -x where it is not: one ReLU for each half."
    ),
    "V": "Something to aim at: the distance of x from 0.",
    "sum": "ReLU 1 + ReLU 2.",
}

TEN = {
    "title": (
        "Ten ReLUs, each times a height of its own, and a constant, added up. With enough bends a sum of them comes as "
        "near to any curve as you like. Nobody has to say where the bends go: the gradient does."
    ),
    "curve": (
        "Which column of the table below is to be imitated. Choose yours and type any numbers you like into the column "
        "yours, then press Optimize."
    ),
    "ReLUs": (
        "How many of the ten take part, 1 to 10. Try this: 1, Optimize; 2, Optimize; and so on. Each bend more lets "
        "the sum follow the curve more closely. The sheet how_many shows by how much."
    ),
    "loss": "The mean of the squared distances between curve and sum: what Optimize makes small.",
    "best known": (
        "The lowest loss that many searches found for this curve and so many ReLUs (sheet how_many). The loss has many "
        "valleys, so Optimize may end higher. For yours it is that of the numbers as shipped."
    ),
    "m": "The slopes: at the start 1 or -1, open to the right or to the left.",
    "b": "The shifts. They start so that the bends are spread evenly: each part of the curve has one near.",
    "height": (
        "What the ReLU is multiplied by before it is added. A negative height bends the sum downward, a positive one "
        "upward. All start at 0: the sum is flat."
    ),
    "bends at": "Where the ReLU begins or ends: -b/m.",
    "takes part": "Whether this ReLU counts, by the number of ReLUs chosen above.",
    "constant": "Added everywhere: the height of the flat line that the bends start from.",
    "sine": "SIN(2x): smooth, so no sum of bent lines is quite it, but ten come near.",
    "step": "-1 or 1 with nothing between. A ramp between two bends comes near: the steeper, the better.",
    "zig-zag": "Made of straight pieces with five bends. Six ReLUs can be exactly it: the hard part is to find those.",
    "yours": "Type over these numbers: any curve will do.",
    "target": "The chosen column.",
    "sum": "The constant and the ten ReLUs in the columns to the right, added up.",
    "1": "Each column is one ReLU times its height: a flat half and a sloped half. Their sum is the curve's imitation.",
}

HOW_MANY = {
    "title": (
        "The lowest loss that many searches found, for each curve and each number of ReLUs; yours is the roofs and "
        "towers that stand there as shipped. The loss has many valleys: Optimize may end in a higher one."
    ),
    "ReLUs": "The number of bends that the sum may have.",
}

TRY_ONE = (
    "Drag b: the bend walks. Drag m: the open side gets steeper. Where is the bend when m is 0?",
    "Make it open to the left. Then put the bend at x = 2, still open to the left.",
    "One line, one bend: can you make a hill of it? No; see the next sheet.",
)
TRY_TWO = (
    "Bring the loss in C10 to 0: the sum must cover the dotted V. One ReLU for the right half, one for the left.",
    "Make a floor that rises on both sides: slopes -1 and 1, the bends two apart. How long is the flat piece?",
    "Heights cannot be negative here, so no hill: on the sheet ten each ReLU gets a height of either sign.",
)
TRY_TEN = (
    "ReLUs 3, Optimize; then 4, 6, 10. Watch the loss in F4, and where the bends come to lie.",
    "Choose step in B4: how few ReLUs are enough? Then the zig-zag. H4 says what is known to be possible.",
    "Type a curve of your own into the column yours, choose yours in B4, and Optimize.",
    "Set one height to 0 after Optimize: which piece of the curve goes missing?",
)
"""What the boxes on the sheets say."""
