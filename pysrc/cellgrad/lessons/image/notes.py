"""What the notes of the image workbook say, by the cell or label they hang on."""

from __future__ import annotations

SOURCE = (
    "8 x 8 images of digits written by many hands: Optical Recognition of Handwritten Digits, UCI Machine Learning "
    "Repository, by E. Alpaydin and C. Kaynak, 1998 (licence CC BY 4.0); copied from the file packaged with "
    "scikit-learn, its first 1,300 images."
)

LOOK = {
    "title": SOURCE,
    "image": "Which image to look at: 1 to 1000 are those the network learned from, 1001 to 1300 it never saw.\n"
    "Try this: the numbers of the worst mistakes on the sheet results.",
    "explain": "The digit whose weights are shown at the foot of every band, and what each pooled number adds to its "
    "score. Try this: the digit it is, then the digit it was mistaken for.",
    "pixels": "Eight rows of eight numbers, 0 for paper and 1 for ink. To the network the image is nothing else.",
    "filter": "Nine weights, found by Optimize: the same nine for every place of the image. A filter asks one question,"
    " such as: is there ink on the left and paper on the right?\nTry this: type other numbers, and watch its map.",
    "bias": "Added to each sum of this filter: how much of what it looks for there must be before it speaks.",
    "slid": "Nine pixels times nine weights, added up; a pixel further on, once more. Click a cell and see which nine: "
    "the window slides with the formula, the weights stay.",
    "relu": "What is negative becomes 0. Without this bend, filter and weights together would be no more than one "
    "linear model.",
    "pool": "The largest of each square of four. Where exactly an edge was matters less than that it was there, and a "
    "digit written a pixel further on still looks the same.",
    "weights": "How each of these nine pooled numbers counts for the digit chosen above: blue for it, red against it.",
    "adds": "Pooled number times weight. All bands' numbers and the digit's constant, added up, are its score.",
    "score": "The sum over all 108 pooled numbers, from the sheet dense.",
    "p": "EXP of each score, divided by the sum of the ten: softmax. The largest score is taken off first, so that EXP"
    " cannot overflow.",
    "sorted": "The digits again, the most probable first.",
}

TRAIN = {
    "title": SOURCE + "\nThe first 1,000 in the file's order; the next 300 are held out. Neighbours in the file "
    "resemble each other, so shuffling first would have made an easier exam.",
    "loss": "The mean cross-entropy plus the penalty times the sum of the squared weights. Optimize makes it small by "
    "1,210 numbers: more than Excel's Solver takes (200).",
    "right": "The share of the images that are read as what they are.",
    "penalty": "A small price on large weights: without it the network would grow ever more certain of images it "
    "already knows by heart.",
    "start": "The loss before training: small random weights, and filters that see edges in twelve directions. Ten "
    "equal guesses would cost LN(10) = 2.3026.",
    "seconds": "How long `cellgrad lessons train` took to find the numbers on this sheet from the start, on two cores.",
    "read": "The digit with the largest score.",
    "p of truth": "The probability given to the digit it really is.",
    "cross-entropy": "-LN of the probability of the truth, written so that nothing can overflow or vanish: the "
    "logarithm of the sum of EXP(score - score of the truth).",
    "score": "The ten sums of the dense layer: 108 pooled numbers times 108 weights, and a constant.",
    "pixel": "The image, row after row, 0 to 1. Row and column of each pixel stand in the header.",
    "pooled": "Filter, place. One formula does what the sheet look lays out: the filter at four neighbouring places, "
    "the largest of the four, the bias, and 0 where that is negative. Laid out flat (sheet layers), the filter meets "
    "its nine pixels in a row of 19.",
}

HELD_OUT = {"title": "These 300 images took no part in the loss. What the network does here is what it can do."}

LINEAR = {
    "title": "The yardstick: a softmax layer straight on the 64 pixels, trained on the same 1,000 images with the same "
    "penalty, tested on the same 300. A network that is no better has gained nothing from its filters.",
    "loss": "As on the sheet train. This one has one valley only: any descent ends at the same weights.",
    "score": "One array formula for all images: MMULT of the pixels and the weights, plus the constants.",
}

DENSE = {
    "title": "The last layer: each digit weighs all 108 pooled numbers. Yellow are the weights, one row a digit.",
    "image": "The pooled numbers of the image chosen on the sheet look, laid in a row.",
    "score": "The constant plus the row of numbers times the digit's row of weights.",
    "constant": "What a digit's score is before anything is seen.",
}

LAYERS = {
    "title": "The network in a list: what each layer takes in and gives out, and how many numbers it has to learn.",
    "parameters": "As a formula: units times (inputs of each + 1 for the bias).",
    "counted": "The yellow cells, counted: the same.",
    "flat": "The nine weights of a filter with zeros between its rows: three weights, five pixels that it does not "
    "see, and so on. A row of an image holds its pixels flat, too, so that one SUMPRODUCT meets the right nine.",
}

RESULTS = {
    "title": "What the network can do on images it never saw, beside the linear model on the same images.",
    "confusion": "Held-out images: what it is (rows) against what it was read as (columns). What stands off the "
    "diagonal is wrong.",
    "worst": "The held-out images with the largest cross-entropy. Type a number into the framed cell of the sheet "
    "look: would you have read it?",
    "gain": "In points of a hundred. With 300 images one image is a third of a point, so small differences mean "
    "little: on other splits of these data the gain was anything from none to three points.",
}
