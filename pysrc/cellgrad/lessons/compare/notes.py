"""What the notes of the comparison say, by the header or label they hang on."""

from __future__ import annotations

MODELS = {
    "title": (
        "712 passengers of the Titanic (those with an age and a port), ten inputs, eighteen models. All numbers in "
        "orange and violet are formulas: click one and follow it to the sheet of its model, where the weights stand in "
        "yellow."
    ),
    "model": (
        "8 is one layer of 8 units, 8-8 two of them. Sigmoid: the score becomes a probability, and training made the "
        "cross-entropy small; without it the score is the prediction, and training made the squared error small."
    ),
    "parameters": (
        "10 inputs times the units, then the weights of what follows and their constants. A second layer of u units "
        "costs u x u + u more."
    ),
    "seconds": (
        "What one training took, four starts at once included. A clock differs from machine to machine and from run to "
        "run: it comes from the results of training, not from this sheet."
    ),
    "training": (
        "The mean squared error on the passengers that the model was trained on, as training told it: the mean of five "
        "splits. Compare it with the next column: the difference is what the model knows by heart."
    ),
    "validation": (
        "The mean squared error for passengers that played no part in training: the mean of five splits. One measure "
        "for all, so that models trained on different losses can be compared."
    ),
    "behind": "How much larger the loss is than that of the best.",
    "±": (
        "How sure the column before is: the standard error of the five differences, a split each. The models are "
        "compared within a split, because some splits are hard for everybody: see the sheet splits."
    ),
    "cross-entr.": (
        "The other measure: -LN of the probability given to the truth, the mean over all passengers. Models without a "
        "sigmoid say more than 1 or less than 0 of some: that counts as certain."
    ),
    "right": "The share of passengers on the right side of one half.",
    "near": (
        "1: not farther behind the best than luck may explain, that is, than so many standard errors as the cell "
        "allowed says."
    ),
    "pick": (
        "The smallest model that is near the best: larger ones gain nothing that luck could not explain. Start smaller "
        "still, with the linear model, and go up a size while that pays: what trains soonest costs the least to ask, "
        "and when a larger one does win, you know by how much."
    ),
    "its size": "How many parameters it has.",
    "the best": "The model with the least validation loss. Of eighteen one is always first, if only by luck.",
    "best loss": "The least of the validation losses below.",
    "allowed": (
        "How many standard errors behind still count as near. One is the custom.\nTry this: 0, and only the best is "
        "left; 2, and still smaller ones are near."
    ),
    "least": (
        "No probability counts as less than this in a cross-entropy. One passenger that a model is certain of and "
        "wrong about would otherwise decide everything.\nTry this: 0.0001, and watch who suffers."
    ),
}

SAID = (
    "A dot is a model: to the right costs time, upward costs accuracy. Another split has another winner: see splits.",
    "Start with the smallest, the linear model: soonest done, easiest to read, and what every larger one must beat.",
    "Go up a size while that gains something. The pick is where it stopped: the smallest model that is near the best.",
    "Large models know more by heart and must be stopped in time: the sheet to_the_end shows what not doing it costs.",
)

SPLITS = {
    "title": (
        "The passengers are dealt into five parts. In split 1 the first part judges, in split 2 the second, and so on: "
        "everybody judges once, and never a model that learned from them."
    ),
    "validation loss: split 1": (
        "Each number is one formula over the predictions for that part, on the sheet of the model. Look down a column, "
        "then along a row: the splits differ more than the models do."
    ),
    "validation loss: spread": "The standard deviation over the five splits: so far apart is one split from another.",
    "behind the best: split 1": (
        "The loss less that of the best model in the same split. Below 0: better than it, this time. What makes a "
        "split hard for all drops out."
    ),
    "behind the best: ±": "The standard deviation of the five differences divided by SQRT(5): how sure their mean is.",
    "training loss, as training told: split 1": "On the three parts trained on. From the results of training.",
    "seconds, as training told: split 1": "Of processor time. From the results of training.",
    "its best": "Had you dealt the passengers once only, this model would be your winner.",
    "winners": "How many different winners the five splits name.",
}

TO_THE_END = {
    "title": (
        "Nobody says stop here: the same four starts, 2,000 steps each, and of the four the one that is best on the "
        "passengers it was trained on. These losses come from the results of training and are no formulas."
    ),
    "seconds": "Of processor time: the median of five splits.",
    "validation": (
        "For passengers that played no part: the mean of five splits. Without a sigmoid nothing keeps a prediction "
        "near 0 to 1: in one split 8-8 is so far off that its error is more than 1, and carries the mean with it."
    ),
    "price": (
        "What it cost to go on: validation loss to the end, less the one stopped in time. Small models hardly pay. "
        "Large ones learn the training passengers by heart, one by one, and know less about others for it."
    ),
}

DATA = {
    "title": "The well-known Titanic training set; the sheets of titanic.xlsx tell more about its columns.",
    "part": (
        "Who is in which part: the number's remainder by five, plus 1. A rule instead of chance, so that everybody who "
        "opens this has the same parts; the file lists the passengers in no order that matters."
    ),
    "Age_N": (
        "The age divided by the greatest age, to the nearest 1/1024. Sums of such numbers are exact in every program, "
        "so Excel, LibreOffice and Cellgrad agree to the last digit. The weights are rounded alike, to 1/4096."
    ),
    "log_Fare": "LOG10(fare + 1), to the nearest 1/1024.",
}

NETS = {
    "title": (
        "Left the model with a sigmoid, trained on cross-entropy, right the one without, trained on squared error. "
        "Each passenger is judged by the weights of the split in which nobody had learned from it."
    ),
    "part": "Passengers of part 1 meet the weights of split 1, which stand beside them in yellow, and so on.",
    "weights of": (
        "A row an input: its weight in each unit. Below, for each further layer, a row a unit of the layer before and "
        "one for the constant; last the weights of the prediction.\nTry this: set a weight to 0 and see on the sheet "
        "models what it was worth."
    ),
    "a": (
        "Inputs times weights, added up: one MMULT for all units and all passengers of the part. Below 0 the unit is "
        "silent for that passenger: its ReLU, (a>0)*a in the next formula, makes it 0."
    ),
    "b": "The second layer does the same with the units of the first, after their ReLU, and adds a constant.",
    "prediction 0": "The score itself. Nothing holds it between 0 and 1.",
    "prediction 1": "1/(1+EXP(-score)), the sigmoid: always between 0 and 1.",
    "H": "The validation loss of this model, as the sheet models has it.",
    "K": "The mean of this column, as the sheet models has it.",
    "cross-entropy": (
        "-LN of the probability given to what really happened; below the cell least of the sheet models it does not "
        "count."
    ),
}

CURVE = {
    "title": (
        "Training was done again with the first passengers of the file only. Where the validation loss still falls at "
        "the right end, more passengers would help; where it is flat, a better model or better inputs would, and more "
        "of the same data would not."
    ),
    "passengers": "In hand, on average over the splits: three quarters to train on, a quarter to say when to stop.",
    "training": (
        "On those trained on. With few passengers it is small, because a few are soon known by heart; with more it "
        "rises, not evenly: each training is stopped by other passengers, and where chance stops it early it has "
        "learned less."
    ),
    "validation": "On the part that judges, which stays whole. It falls as passengers come in.",
    "±": "The standard error of the five validation losses.",
    "gap at the end": (
        "Validation less training loss with everybody in hand. A wide gap says: too large a model for so few, or too "
        "few for such a model."
    ),
    "gained from 300 on": "By how much the validation loss fell from 300 passengers to all.",
    "sets": "Change a yellow weight and the curve follows.",
    "in hand": "Passengers outside the part that judges, up to that number.",
    "trained on": "Those of them that are not in the part that says when to stop.",
    "prediction": "The weight of each unit in the prediction; the ninth number is the constant.",
    "loss": (
        "One formula: the inputs times the weights, the sigmoid, the squared error, and the mean over those trained "
        "on; for the validation loss over the part that judges."
    ),
}

SMALLEST = {
    "title": "One layer of nothing: the ten inputs times ten weights, and a sigmoid. There is one best set of weights.",
    "weights": "All 0: everybody gets one half. Optimize finds them; Solver does too.",
    "judges": (
        "The part that is held out, 1 to 5; the four others train.\nTry this: Optimize for each of the five, and write "
        "down the share that is right."
    ),
    "loss": "The mean cross-entropy of those who train: the objective. LN(2) = 0.6931 where everybody gets one half.",
    "training": "The mean squared error of those who train.",
    "validation": "The mean squared error of those who judge, beside which the table on models can be put.",
    "right": (
        "The share of those who judge that is predicted right. At the start everybody gets one half, which counts as "
        "died: that alone is right for most."
    ),
    "optimised": "Where Optimize ends while part 1 judges.",
    "column score": "Inputs on the sheet data times the weights above, added up.",
    "column cross-entropy": "-LN of the probability given to what really happened.",
    "column trains": "1: counts in the loss. 0: judges.",
}

TRY = (
    "Press Optimize: which three inputs matter most, and do they speak for living or against it?",
    "Type 2 into B6 and press Optimize again, then 3, 4 and 5: how far apart are the shares that are right?",
    "Set the weight of Male in M4 to 0: what does the model lose by not knowing it? Optimize again.",
)
"""Things to try on the sheet `smallest`."""
