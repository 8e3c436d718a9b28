"""What the notes of the workbook on learning rates say, by the header or label they hang on."""

from __future__ import annotations

RATES = {
    "title": (
        "The same twenty points and the same start for all six; each takes twenty steps downhill. Only the size of the "
        "steps differs, and that decides between creeping, arriving and flying off."
    ),
    "rate": (
        "How far a step goes: weight = weight - rate × slope. The slope says which way and how steep; only the rate "
        "says how far.\nTry this: raise the rate called right from 0.1 by small steps and watch the green line."
    ),
    "after 20": (
        "The loss after the twentieth step. For the rate called yours it is the objective cell: the whole descent is "
        "one formula of the rate."
    ),
    "what happens": (
        "Read off the numbers: where the loss after 20 stands, and whether a turned back at the second step.\n"
        "The loss of these points is a valley, steep across and flat along. In its steepest direction a step of a "
        "rate r multiplies the distance from the bottom by 1 - 9.045 r. Below 0.11 that is a shrinking on the same "
        "side; up to 0.221 a shrinking from side to side; beyond 0.221 a growing. In the flattest direction it is "
        "1 - 0.762 r: that is why small rates creep."
    ),
    "yours": (
        "The changing cell.\nTry this: type rates and beat the loss of the others. Then press Optimize, or run "
        "cellgrad optimize learning-rate.xlsx. The slope of the last loss in the rate goes through all twenty steps."
    ),
    "best fit": "The loss of the least-squares parabola, by LINEST: where every descent ends that does not diverge.",
    "optimized": (
        "The best single rate for just these twenty steps. It is near the edge, because the flat direction is slow. A "
        "rate for a hundred steps would be another, and so would one for other data."
    ),
}

METHODS = {
    "title": (
        "All three read the same slopes and start at the same place. They differ in what they make of the slopes of "
        "earlier steps: nothing, a running sum, or a running mean in units of its usual size."
    ),
    "rate": (
        "The changing cells: each method's own learning rate.\nTry this: press Optimize. It moves all three until "
        "the mean of their last losses is least."
    ),
    "best rate": (
        "Where Optimize ends, with all else as shipped. The loss after just twenty steps has many valleys in a rate, "
        "because momentum and Adam swing past the bottom and back: who looks elsewhere may find a lower one."
    ),
    "mean": "The mean of the three losses after twenty steps: the objective cell of this sheet.",
    "kept": (
        "How much is remembered from step to step: 0 nothing, near 1 very much.\nTry this: raise the 0.6 of momentum "
        "to 0.9. The weights roll past the bottom and come back."
    ),
    "kept of squares": "The same for the squares of the slopes, which tell Adam how large slopes usually are.",
    "plain": "weight - rate × slope, nothing else.",
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
    "title": (
        "How to find a rate without trying many: start far too small, let the rate grow at every step, and watch the "
        "loss. It falls fastest where the rate is about right, and runs away where it is too large."
    ),
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
    "title": (
        "Six times the same formulas side by side: three weights, each the one above it less the rate times its "
        "slope, and the loss. No button: a row is a step."
    ),
    "a": "Row 0: the start, 1.5. Below: the a above - rate × slope, and the slope is the mean of 2 × error × x².",
    "loss": "The mean squared error of the parabola with this row's a, b and c over the 20 points.",
    "above best": "The loss - the loss of the best fit. On a logarithmic axis a steady descent is a straight line.",
}

PLAIN = {
    "title": "The plainest method: look how steep it is here, go down by rate × slope, forget it, look again.",
    "slope a": "The slope of the loss at this row's weights; the next row uses it, and no later one.",
    "a": "Row 0: the start, 1.5. Below: the a above - rate × the slope above.",
    "loss": DESCENTS["loss"],
    "above best": DESCENTS["above best"],
}

MOMENTUM = {
    "title": (
        "A ball that rolls: each step goes on a little as the last one went. Along the valley the steps add up, "
        "across it they cancel."
    ),
    "velocity a": "kept × the velocity above + the slope at the weights above. It starts at 0.",
    "a": "The a above - rate × this row's velocity.",
    "loss": DESCENTS["loss"],
    "above best": DESCENTS["above best"],
}

ADAM = {
    "title": (
        "A step for each weight in its own measure: the mean of its slopes, divided by their usual size. D. P. Kingma "
        "and J. Ba, Adam: a method for stochastic optimization, 2015, algorithm 1."
    ),
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

POINTS = {
    "title": (
        "What all descents of this workbook fit a parabola to. Type over them and every sheet follows; only the cells "
        "that say where Optimize ends stay those of the points as shipped."
    ),
    "x": "20 values, evenly spread from -2 to 2.",
    "y": "3x² + 2x + 1 with chance added.",
}

TRY_THIS = (
    "B9: type 0.1, 0.15, 0.2, 0.25. Where does the loss in E9 turn from falling to growing?",
    "Press Optimize: it finds the best rate for twenty steps. Is B11 what you expected?",
    "B8: 0.22, then 0.222: the edge between settling and flying off is that sharp.",
    "Sheet finder: what rate does it suggest? Type it into B9 and judge it.",
)
"""What the box on the sheet rates says."""
