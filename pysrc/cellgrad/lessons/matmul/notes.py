"""What the notes of the workbook on matrix multiplication say, by the header or label they hang on."""

from __future__ import annotations

PRODUCT = {
    "title": (
        "Two tables of numbers make a third. A row of the first meets a column of the second: multiply pair by pair, "
        "add up, and that is one cell. Nothing is hidden here: every product and every sum is a formula."
    ),
    "step": (
        "From 0 to 8: which of the nine cells of A × B is made just now. The dark row of A and the dark column of B "
        "are multiplied pair by pair and added up; the result is the dark cell where they cross.\n"
        "Try this: click the slider's right arrow nine times and do each sum in your head first."
    ),
    "A": (
        "Three rows of four numbers. Think of rows of data: three passengers with four inputs each. It needs as many "
        "columns as B has rows."
    ),
    "B": (
        "Four rows, three columns. Think of weights: three units, each with four weights below each other, one for "
        "each input."
    ),
    "A × B": (
        "Written out: click a cell and see four products with plus between them. The cell in row i and column j takes "
        "row i of A and column j of B. So 3 × 4 times 4 × 3 gives 3 × 3."
    ),
    "B turned": (
        "B on its side: its columns have become rows. SUMPRODUCT multiplies only what has the same shape, and a row of "
        "A is no column of B."
    ),
    "by SUMPRODUCT": "One SUMPRODUCT a cell: a row of A with a row of the turned B.",
    "by MMULT": (
        "One formula for all nine cells, with A and B as they are. A net is hardly anything but this, many times "
        "over, and it is what graphics cards are built to do fast.\n"
        "Try this: change a number of A and see which cells of the product change: its row, and no other."
    ),
    "row": "The row of A, in its shade.",
    "column": "The column of B, in its shade.",
    "1. product": "The first number of the row × the first number of the column.",
    "sum": "The four products added up: the cell of A × B.",
}

LAYER = {
    "title": (
        "What a net is built of: a product of matrices that mixes the inputs, and a bend. Two units read the same "
        "eight rows, each with a column of weights of its own."
    ),
    "inputs": (
        "Eight rows of data with three inputs each. The fourth is always 1: its weight is added as it is, and no plus "
        "is needed."
    ),
    "weights": (
        "The changing cells: a column for each unit, a row for each input. They begin at small numbers of no meaning."
    ),
    "MMULT": "inputs × weights in one array formula: each row of data with each unit.",
    "ReLU": (
        "What is below 0 becomes 0: MAX(z, 0). Without this bend another layer on top would bring nothing, since two "
        "products of matrices in a row are one product. The product, then the bend: that is a layer."
    ),
    "targets": (
        "Made by a layer like this one with other weights, so a loss of 0 exists. Where a target is 0, any weights "
        "that give 0 or less before the bend will do."
    ),
    "best loss": (
        "Where Optimize ends, as long as the targets are those shipped. With others it may stay above 0: eight rows "
        "ask more of four weights than they can do."
    ),
    "sq_error": "(output - target) squared.",
    "loss": (
        "The mean of the sixteen squared errors: the objective cell.\nTry this: bring it down by hand, weight by "
        "weight. Then press Optimize, or run cellgrad optimize matmul.xlsx, and see whether it found whole and half "
        "numbers."
    ),
}

TRY_PRODUCT = (
    "Click the slider's right arrow and say each sum before you read it in row 15.",
    "Change a number of A. Which cells of A × B change? Then one of B: which now?",
    "Type a 1 into one place of a row of A, 0 into its others: the product copies a row of B.",
    "Click a cell under by MMULT: one formula fills all nine. Try to delete just one of them.",
)
TRY_LAYER = (
    "Type 1 into G5 and watch unit 1: which of the eight rows move, and why not the others?",
    "Bring the loss in Q3 down by hand, then press Optimize: are the weights whole and half numbers?",
    "Change the target N6 to 5 and Optimize again. The loss stays above 0: no weights give that.",
)
"""What the boxes on the sheets say."""
