"""What the notes of the three-classes workbook say, by the header or label they hang on."""

from __future__ import annotations

SOURCE = (
    "150 irises, 50 of each of three species, measured in cm. R. A. Fisher, The use of multiple measurements in "
    "taxonomic problems, 1936; copied from scikit-learn's packaged iris.csv."
)

MODEL = {
    "title": SOURCE,
    "weights": (
        "A row a class, a weight right above each input. They start at 0: every class gets the same score, and so"
        " a third of the probability."
    ),
    "constant": "What a class gets whatever the flower: the weight of an input that is always 1.",
    "species": "What we want to predict. Three words, of which one is right.",
    "number": "The flower's number. Every third is held out: see the cell hold out.",
    "sepal length n": (
        "The measurement less its mean, divided by its standard deviation, both over the training rows alone: "
        "what is held out must not help, not even in that."
    ),
    "train": (
        "1: the loss counts this flower. 0: it is held out, and shows how the model does on flowers it never saw."
    ),
    "score 1": ("Inputs times weights, added up: a linear model a class. A score may be any number, of either sign."),
    "exp 1": (
        "EXP makes every score positive and keeps their order. The largest score is taken off first: the "
        "probabilities stay what they are, and EXP of a large number cannot overflow."
    ),
    "p 1": ("Each exp divided by the sum of the three: softmax. Three numbers between 0 and 1 that add up to 1."),
    "p of truth": "The probability that the model gave to the species it really is.",
    "cross-entropy": (
        "-LN of that probability: 0 where the model was certain and right, 0.69 at one half, and without limit "
        "for a model that was certain and wrong. Squared error could never hurt a wrong answer that much."
    ),
    "predicted": "The class with the largest probability.",
    "loss": (
        "The mean cross-entropy of the training rows, plus the penalty times the sum of the squared weights. At "
        "the start it is LN(3) = 1.0986: what three equal guesses cost."
    ),
    "penalty": (
        "One species is so easy that its weights would grow for ever, to make certain still more certain. A small"
        " price on weights ends that, and gives the loss one best point.\nTry this: make it 1, Optimize, and look "
        "at the probabilities."
    ),
    "hold out": (
        "0, 1 or 2: flowers whose number leaves this remainder when divided by 3 are held out.\nTry this: Optimize for "
        "each of the three. 96, 100 and 96 % of the held-out flowers are told right: a flower or two decide, and so "
        "sure can one be of the number."
    ),
    "held out": ("The share of the held-out flowers that are predicted right: the number that counts."),
    "optimised": "Where Optimize ends, with the penalty and the flowers held out as shipped.",
    "training": "The same for the flowers that the weights were fitted to.",
}

FLOWER = {
    "title": ("Type the four measurements of a flower, in cm, and read what the model makes of it."),
    "vocabulary": (
        "The classes in the order in which the model knows them. The model itself knows only places, 1 to 3; this"
        " list turns a place back into a word."
    ),
    "order": "1 for the most probable class. Equal ones are told apart by their place.",
    "sorted": "The same, the most probable first.",
    "confusion": (
        "How often each species (rows) was taken for each (columns), held-out flowers alone. What stands off the "
        "diagonal is wrong. The two that are confused really do overlap: see the chart."
    ),
}

TRY_THIS = (
    "Before Optimize: every flower gets a third for each class. Optimize on the sheet softmax, and look at this one.",
    "Raise the petal length in B7 by tenths, from 4.0 up. Where does versicolor become virginica?",
    "Type sepals of 5 and 3.5, petals of 10 and 5: no iris is like that. How sure is the model, and should it be?",
    "On softmax, hold out 1, then 2 (B4), Optimize each time: how much does the share of held-out flowers move?",
)
"""What the box on the sheet flower says."""
