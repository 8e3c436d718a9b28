"""What the notes of the quadratic workbook say, by the header or label they hang on."""

from __future__ import annotations

NOTES = {
    "title": (
        "Fitting a model means choosing its numbers so that it says what the data say. Here the model has three "
        "numbers and one input, so that everything can be seen at once. A net has many more numbers; how they are "
        "chosen is the same."
    ),
    "slider at": (
        "A slider knows whole numbers alone: it moves this cell from 0 to 160, and the next column turns that into a "
        "weight from -2 to 6. Typing a number here moves the slider."
    ),
    "by hand": "What the slider says. All three begin at 1.5, which fits badly.\nTry this: move one slider a little. "
    "If the loss falls, go on in that direction, else turn back. Then the next slider, and round again. That is a "
    "descent by hand; see how low you come.",
    "moved": (
        "The changing cells: what the gradient has added to the slider's value. Step and Optimize write here; Start "
        "again puts them back to 0. So hand and gradient never undo each other's work."
    ),
    "in use": "by hand + moved: what the curve is drawn with.",
    "slope": (
        "How fast the loss changes when one weight grows and the others stay. Negative: the loss falls when the weight "
        "grows, so it should grow. The larger the number, the more there is to win. The three slopes together are the "
        "gradient. Three ways to get it, one answer."
    ),
    "backwards": (
        "How Cellgrad does it: from the loss backwards through the formulas. First the column pull, how much each "
        "prediction matters to the loss; then each pull times what the weight is multiplied by in that row (x², x "
        "or 1), added up. It costs no more than reading the sheet once, even with millions of weights."
    ),
    "by formula": "The derivative worked out on paper, with sums over the data. Right, and only for this very formula: "
    "change the model and the paper is for the bin.",
    "by nudging": (
        "Add 0.01 to the weight, take 0.01 away, and divide the difference of the two losses by 0.02. Works for "
        "any formula, but the sheet must be calculated twice for every weight."
    ),
    "next": (
        "Where one step leads: weight - learning rate × slope. Minus, because we want to go down. Step copies these."
    ),
    "loss": (
        "The mean of the squared errors: one number for how badly the curve fits. It is the objective cell; everything "
        "else on this sheet is there to make it small."
    ),
    "least": (
        "The loss of the best parabola there is, the least-squares fit, by LINEST. It is not 0, because the points are "
        "noisy: they were made from 3x² + 2x + 1 with chance added. For the same reason the best weights are near 3, 2 "
        "and 1 and not equal to them."
    ),
    "learning rate": (
        "How far a step goes.\nTry this: 0.02 creeps. 0.2 jumps to and fro across the valley. 0.23 flies out of it: "
        "look at the sheet history. The workbook learning-rate is about this one cell."
    ),
    "steps": (
        "How often the button Step was pressed since Start again. Each press also records the loss on the sheet "
        "history. Step on the ribbon or in the menu Cellgrad is another: it takes a step of Cellgrad's own length, "
        "and neither counts nor records."
    ),
    "x": "20 values, evenly spread from -2 to 2.",
    "y": "3x² + 2x + 1 with chance added: data are never quite on the curve.",
    "curve": "a·x² + b·x + c with the weights in use.",
    "error": "curve - y: how far the curve is too high.",
    "sq_error": "Squared, so that too high and too low both count, and a big miss counts more than two small ones.",
    "pull": (
        "The slope of the loss in this row's prediction: 2 × error / 20. Rows where the curve is too low pull it up "
        "(negative), rows where it is too high push it down."
    ),
}

HISTORY = {
    "title": (
        "Forty presses of Step at once, by formulas alone: the weights of a row are those of the row above, less the "
        "learning rate times the slopes beside them. Move a slider or change the learning rate, and all forty follow."
    ),
    "a": "Row 0: by hand. Below: the a above - learning rate × the slope above.",
    "slope a": "The mean of 2 × error × x², for this row's a, b and c.",
    "slope b": "The mean of 2 × error × x.",
    "slope c": "The mean of 2 × error.",
    "loss": (
        "It falls fast at first and slowly later: steep directions are settled in a few steps, flat ones take long.\n"
        "Try this: double the learning rate, then double it again."
    ),
    "recorded": (
        "Written by the button Step, from 0 for the start. The marks lie on the line as long as sliders and learning "
        "rate stay: the button does nothing else than these formulas."
    ),
}

TWO_STEPS = "The button Step uses this rate and is counted; Step on the ribbon or in a menu picks a rate of its own."

TRY_THIS = (
    "By hand: drag a, then b, then c, and round again. How near to the best fit does the loss in B10 come?",
    "By slope: type 70 into B5:B7, press Start again, then Step. Each weight moves against its slope.",
    "Learning rate 0.2, then 0.23: what becomes of the loss on the sheet history? Back to 0.05.",
    "Press Optimize. Are the weights in use 3, 2 and 1, of which the points were made? Why not quite?",
)
"""What the box on the sheet says."""
