"""What the notes of the workbook on learning rates say, by the header or label they hang on."""

from __future__ import annotations

RATES = {
    "rate": (
        "How far a step goes: weight = weight - rate × slope. The slope says which way and how steep; only the rate "
        "says how far.\nTry this: raise the rate called right from 0.1 by small steps and watch the green line."
    ),
    "after 20": (
        "The loss after the twentieth step. For the rate called yours it is the objective cell: the whole descent is "
        "one formula of the rate."
    ),
    "what happens": (
        "The loss of these points is a valley, steep across and flat along. In its steepest direction a step of a "
        "rate r multiplies the distance from the bottom by 1 - 9.045 r. Below 0.11 that is a shrinking on the same "
        "side; up to 0.221 a shrinking from side to side; beyond 0.221 a growing. In the flattest direction it is "
        "1 - 0.762 r: that is why small rates creep."
    ),
    "yours": (
        "The changing cell.\nTry this: type rates and beat the loss of the others. Then press Optimize, or run "
        "cellgrad optimize learning-rate.xlsx. The slope of the last loss in the rate goes through all twenty steps."
    ),
    "best fit": "The loss of the least-squares parabola: what every descent that does not diverge comes to in the end.",
    "optimized": (
        "The best single rate for just these twenty steps. It is near the edge, because the flat direction is slow. A "
        "rate for a hundred steps would be another, and so would one for other data."
    ),
}

METHODS = {
    "rate": "Plain descent takes the rate called right from the sheet rates; the two others have their own.",
    "kept": (
        "How much is remembered from step to step: 0 nothing, near 1 very much.\nTry this: raise the 0.6 of momentum "
        "to 0.9. The weights roll past the bottom and come back."
    ),
    "kept of squares": "The same for the squares of the slopes, which tell Adam how large slopes usually are.",
    "plain": "weight - rate × slope, nothing else: the run called right of the sheet rates.",
    "momentum": (
        "Slopes that point the same way add up, slopes that change sign cancel. So it speeds up along the valley and "
        "calms down across it."
    ),
    "Adam": (
        "Every weight gets a rate of its own: its slope is divided by the usual size of its slope, so that each weight "
        "moves by about the rate at first. On these tidy data it is no faster; where slopes differ a thousandfold it "
        "is, and nobody needs to tune much."
    ),
}

FINDER = {
    "lowest at": "The rate at which the loss was lowest: already close to where it runs away, so too large to use.",
    "steepest": "The rate at which a step lowered the loss most.",
    "suggested": (
        "The smaller of the two: a safe rate to begin with, found by one short descent. It is cautious: on the sheet "
        "rates 0.1 does better. cellgrad has this as a report for any model of yours."
    ),
    "per decade": "So many steps from one rate to ten times that rate. More steps, a smoother curve.",
    "rate": "The first rate × 10^(step / steps per decade).",
    "a": "The a above - this row's rate × the slope there. Row 0 steps from a = b = c = 1.5.",
    "loss": "Flat, then falling, then flat at the bottom, then off: the curve to look for with any model.",
    "fall": "The loss of the row above - this loss: what this step has won.",
}

DESCENTS = {
    "a": "Row 0: the start, 1.5. Below: the a above - rate × slope, and the slope is the mean of 2 × error × x².",
    "loss": "The mean squared error of the parabola with this row's a, b and c over the 20 points.",
    "above best": "The loss - the loss of the best fit. On a logarithmic axis a steady descent is a straight line.",
}

MOMENTUM = {
    "velocity a": "kept × the velocity above + the slope at the weights above. It starts at 0.",
    "a": "The a above - rate × this row's velocity.",
    "loss": DESCENTS["loss"],
    "above best": DESCENTS["above best"],
}

ADAM = {
    "slope a": "The slope of the loss at this row's weights; the next row uses it.",
    "mean a": "kept × the mean above + (1 - kept) × the slope above: a mean that forgets slowly.",
    "square a": "The same with the square of the slope: how large slopes usually are.",
    "a": (
        "The a above - rate × mean / √square. Both means start at 0 and are too small at first; dividing by "
        "1 - kept^step makes up for it. The 0.00000001 keeps a slope of 0 from dividing by 0."
    ),
    "loss": DESCENTS["loss"],
    "above best": DESCENTS["above best"],
}

POINTS = {"x": "20 values, evenly spread from -2 to 2.", "y": "3x² + 2x + 1 with chance added."}
