"""What the index says of each lesson, in the order in which they are best taken."""

from __future__ import annotations

from dataclasses import dataclass

from cellgrad.lessons.style import Role


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson: its file, what is new in it, minutes in class, the sheet whose saved model stands for it, and the same
    workbook with buttons where there is one."""

    file: str
    new: str
    minutes: int
    sheet: str
    twin: str = ""


LESSONS = (
    Lesson(
        "quadratic.xlsm",
        "A model, its loss, and the slope of the loss by each parameter. First your hand moves three sliders, then the "
        "slopes move them.",
        15,
        "quadratic",
    ),
    Lesson(
        "learning-rate.xlsx",
        "How long a step should be: too short creeps, too long runs away. Momentum, Adam, and a curve that finds a "
        "rate.",
        10,
        "rates",
    ),
    Lesson(
        "relu.xlsm",
        "A line with a bend. Ten of them, added up, follow whatever curve you draw: what a neural net is made of.",
        15,
        "ten",
    ),
    Lesson(
        "matmul.xlsx",
        "The product of two matrices, one cell at a time; then a whole layer of units as one such product.",
        10,
        "layer",
    ),
    Lesson(
        "titanic.xlsx",
        "Real data: cleaned, made into numbers, scaled. A linear model, a net, a probability, and rows held out to see "
        "what they are worth.",
        30,
        "nnet",
        "titanic.xlsm",
    ),
    Lesson(
        "compare.xlsx",
        "Many nets on the same rows: the loss on held-out rows against the time it took. Which to pick, and whether "
        "more data would help.",
        15,
        "smallest",
    ),
    Lesson(
        "three-classes.xlsx",
        "More than two answers: softmax turns scores into probabilities, and cross-entropy is their loss.",
        15,
        "softmax",
    ),
    Lesson(
        "image.xlsx",
        "A picture is a block of numbers. Small filters slide over it, and a dense layer reads what they find.",
        25,
        "train",
    ),
    Lesson(
        "embeddings.xlsx",
        "Nobody says what a film is like: people and films get a few numbers each, learned from ratings alone.",
        20,
        "model",
    ),
    Lesson(
        "words.xlsx",
        "A message becomes counts of words; the weights tell which words speak for which answer.",
        15,
        "words",
    ),
    Lesson(
        "sensitivity.xlsx",
        "For analysts, and not about nets: what the value of a business plan hangs on, and the price that makes it "
        "largest within limits.",
        20,
        "plan",
    ),
)

WAYS = {
    "Excel, add-in": "Optimize on the ribbon's tab Cellgrad, or a workbook's own button.",
    "Excel alone": "Solver on the tab Data: the model is filled in already, so press Solve.",
    "LibreOffice": "Optimize in the menu Cellgrad, once the extension is installed.",
    "a terminal": "cellgrad optimize quadratic.xlsm writes quadratic-optimized.xlsm beside it.",
}

COLOURS = {
    Role.DATA: "data: measured, or given",
    Role.PARAMETER: "parameter: the search finds it; your hand may try",
    Role.MODEL: "model: formulas; click on one and read it",
    Role.LOSS: "loss: how wrong the model is; to be made small",
}

NOTES = {
    "title": (
        "Take the workbooks from top to bottom: each uses what the one before has shown. The last one, on a business "
        "plan, stands alone.\nA red corner is a note. Read it, and do what it says under Try this."
    ),
    "workbook": "Click to open it (in LibreOffice hold Ctrl); keep all workbooks in one folder.",
    "minutes": "With a teacher who clicks and asks. Alone, and trying everything, it takes twice as long.",
    "changing": "How many cells a search may change: the parameters. In Excel Solver's words, the changing cells.",
    "before": (
        "The objective cell as the workbook opens: the loss, where the lesson is about one. Read from the workbook "
        "itself when this index was built. image.xlsx opens trained; for its network, here is what it was before."
    ),
    "after": (
        "The same cell after one search from the numbers in the sheet. Where there are several valleys, Optimize tries "
        "more starts and may end a little lower."
    ),
    "left": "After divided by before. Below 100 % for a loss, above it for a value that is to be large.",
    "models": (
        "Every model saved in the workbooks, found by reading them. Excel's Solver opens with the same cells filled "
        "in, and cellgrad optimize runs all models of a file in turn."
    ),
    "objective": "The cell that is to be made small or large: the loss, where the lesson is about one.",
    "goal": "min: as small as it can be, as a loss. max: as large as it can be, as a profit.",
    "words": "One line each, in the order in which the lessons need them. The third column is where to see one.",
    "colours": (
        "The same in every workbook. Change what is white and framed as you like; yellow is for the search, though "
        "your hand may move it too; violet and orange are formulas: click on one and read it."
    ),
}

GLOSSARY = (
    ("parameter", "A number of the model that nobody knows beforehand: the data decide it. Yellow.", "quadratic.xlsm"),
    ("model", "Formulas that make a prediction of data and parameters.", "quadratic.xlsm"),
    ("loss", "One number that says how wrong the model is on the data. Smaller is better.", "quadratic.xlsm"),
    ("slope, derivative", "How much the loss changes, for a small change of one parameter.", "quadratic.xlsm"),
    ("gradient", "The slopes of the loss by all parameters, together.", "quadratic.xlsm"),
    ("gradient descent", "Each parameter moves a bit against its slope; again and again.", "quadratic.xlsm"),
    ("learning rate", "How far a step goes: what the slope is multiplied by.", "learning-rate.xlsx"),
    ("momentum, Adam", "Steps that remember the steps before, so as to go straighter.", "learning-rate.xlsx"),
    ("ReLU", "A line that is cut off at zero: what is negative becomes 0.", "relu.xlsm"),
    ("unit", "A weighted sum of the inputs, then a ReLU.", "relu.xlsm"),
    ("matrix product", "Every row of one table times every column of another: many weighted sums in one.",
     "matmul.xlsx"),
    ("layer", "Units side by side on the same inputs: one matrix product and a ReLU.", "matmul.xlsx"),
    ("dummy variable", "A column of 0 and 1 for a word: a way of counting with names.", "titanic.xlsx"),
    ("normalise", "Bring columns to a like size, so that one rate suits all their weights.", "titanic.xlsx"),
    ("sigmoid", "Makes one score into a probability: between 0 and 1, one half for a score of 0.", "titanic.xlsx"),
    ("cross-entropy", "The loss of a probability: minus the logarithm of what the truth was given.",
     "titanic.xlsx"),
    ("validation", "Rows that training never sees: only they tell what the model is worth on new ones.",
     "titanic.xlsx"),
    ("overfitting", "Better and better on the rows trained on, worse on those held out.", "compare.xlsx"),
    ("softmax", "Makes scores into probabilities: all positive, together 1.", "three-classes.xlsx"),
    ("filter, convolution", "The same few weights at every place of a picture.", "image.xlsx"),
    ("embedding", "A few learned numbers that stand for a thing, such as a film or a person.", "embeddings.xlsx"),
    ("sensitivity", "The slope of a result by an assumption: what a plan hangs on.", "sensitivity.xlsx"),
)  # fmt: skip
"""(word, what it means, the workbook where it is met first)"""

TRAINED = {("image.xlsx", "train"): "start"}
"""The models whose parameters are found already when the workbook opens: the results of the lesson's own training say
under this key what the objective was before."""

FILES = tuple(file for lesson in LESSONS for file in (lesson.file, lesson.twin) if file)
"""Every workbook that the index is about, in order."""
