"""What the notes of the embeddings workbook say, by the header or label they hang on; its things to try and source."""

from __future__ import annotations

TERMS = (
    "The data",
    "MovieLens Latest (small) of October 2016, by GroupLens, University of Minnesota; "
    "copied from movielens in the R package dslabs 0.7.4.",
    "Cite: F. M. Harper and J. A. Konstan, The MovieLens Datasets: History and Context, "
    "ACM Transactions on Interactive Intelligent Systems 5(4), 2015.",
    "Terms: for research; no endorsement implied; to be passed on, changed too, under these same terms; "
    "no commercial use without GroupLens' permission.",
    "This workbook contains the ratings, so the terms hold for it too; "
    "their text is data/ratings-terms.txt, where the workbook is built.",
    "Chosen: the 40 films with most ratings, then the 60 people who rated most of those; "
    "real people, known by a number alone.",
)
"""What the sheet ratings says of its source."""

RATINGS = {
    "heading": "Who liked what?",
    "title": (
        "Sixty people, forty films, and nothing else: no genre, no director, no age. From the stars alone the "
        "model will find out which films are alike. Where the data are from, and under which terms, stands below "
        "the films."
    ),
    "rated by": "How many of the sixty people rated the film.",
    "held out": "How many of its ratings are held out.",
    "mean": "The film's mean over the ratings to learn from: some films are liked better by everybody.",
    "rated": "How many of the forty films this person rated.",
    "kinder by": (
        "In stars, on average: the person's mean, less the mean of the same films' means. Some people give "
        "fives, others never do; that says nothing about films."
    ),
    "blanks": "What we would love to know: how would they have rated those?",
    "split": (
        "Person plus three times the film's number, its last digit: ten parts. One of them is held out, chosen by "
        "the cell hold out on the sheet model. Each film and each person gives up about a tenth of its ratings."
    ),
}

MODEL = {
    "heading": "Every film a few numbers, every person a few numbers",
    "title": (
        "Think of a film's first number as how much of something it has, and of a person's first number as how "
        "much they care for that something. Their product is large where both are. Three such products, two biases "
        "and the mean of all ratings are the prediction. What the somethings are nobody says: the numbers are "
        "found by making the loss small."
    ),
    "number 1": (
        "To be found, like the weights of any model. They start small and of either sign, by a fixed draw: were "
        "they all 0, every slope by them would be 0 too, and no step would ever be made."
    ),
    "bias": "What a film gets from everybody, or a person gives to everything, above or below the mean.",
    "prediction": (
        "mean + the film's bias + the person's bias + number 1 times number 1 + number 2 times number 2 + number 3 "
        "times number 3. The sum of products is called a dot product; a table of them is a matrix product, so MMULT "
        "gives all at once (sheet errors, C5). Press F2 here: a row from the left, a column from above."
    ),
    "off by, in stars": (
        "The root of the mean squared error: about how many stars a prediction is off. For the ratings learned "
        "from, and for those held out, which is what counts."
    ),
    "one mean for everything": (
        "The same guess for every film and person. Whoever is not better than this has learned nothing."
    ),
    "mean and biases": (
        "Film's mean plus person's bias, both from the sheet ratings: the guess that knows good films and kind "
        "people, but no taste. Vectors must beat this on ratings held out, or they are not worth having."
    ),
    "vectors, now": "With the numbers that stand in the yellow cells now.",
    "vectors, optimised": (
        "What Optimize reached from the numbers as shipped, with penalty 0.0035 and part 0 held out. From other "
        "small starts the loss ends at the same value, though the numbers do not: see the note on turn by, sheet "
        "nearest."
    ),
    "loss": (
        "The objective: mean squared error of the ratings to learn from, plus the penalty times the sum of all "
        "squared numbers and biases. It is made small by 400 yellow cells at once."
    ),
    "mean": "The mean of the ratings to learn from: where every prediction begins.",
    "penalty": (
        "A price on every number. About 2,000 ratings have to pay for 400 numbers, and without a price they would "
        "be spent on chance.\nTry this: make it 0 and Optimize. The error on what is learned falls, and the one "
        "held out rises."
    ),
    "hold out": (
        "Which tenth of the ratings is held out, 0 to 9. The sheet ten_parts has the answer for each of them."
    ),
}

ERRORS = {
    "heading": "How wrong is it, and where?",
    "title": (
        "The squared error of every rating. IF leaves a blank blank, so the loss is about what people did say; "
        "that is why a table full of gaps can be learned from."
    ),
    "learned": "The mean of the film's, or the person's, squared errors over the ratings to learn from.",
    "held out": "The same over the ratings held out: those the model never saw.",
    "loss": "From the sheet model.",
    "MMULT": (
        "The same 2,400 predictions as one matrix product, films by numbers times numbers by people, plus biases and "
        "mean; here is the sum of all differences. They are the same."
    ),
}

FILMS = {
    "title": (
        "An embedding is a table: each name has a row of numbers, and looking the name up gives the numbers. "
        "Words, towns or customers can have such rows as well as films. The numbers are found together with the "
        "rest of a model."
    ),
    "kept from training": (
        "What `cellgrad lessons train` found by optimising the sheet model, so that the next sheets have something "
        "to show at once. Training then turned all vectors so that number 1 says most and number 3 least; see the "
        "note on turn by, sheet nearest."
    ),
    "in use": (
        "Those kept, or those on the sheet model as they stand now: the cell vectors on the sheet nearest says which."
    ),
    "turned, beside the chosen film": "In use, turned by the angle on the sheet nearest: what the chart shows.",
    "length": "The root of the sum of squares: how much taste matters for this film. Near 0: only its bias counts.",
    "cosine": (
        "The dot product with the chosen film's numbers, divided by the two lengths. 1: the same direction, liked "
        "and disliked by the same people. 0: nothing to do with one another. -1: opposites."
    ),
    "order": "1 for the largest cosine. Equal ones are told apart by their place in the list.",
}

NEAREST = {
    "title": (
        "Two films whose numbers point the same way are liked by the same people. Sequels find each other, and so "
        "do cartoons, though the model has seen nothing but stars. With sixty people it also puts some together "
        "that you would not."
    ),
    "film": "Choose one: the list and the chart follow.",
    "vectors": (
        "trained: the numbers kept from training. model: those on the sheet model, as they stand now: chance at "
        "first, and no longer after Optimize there."
    ),
    "turn by, °": (
        "Turns all films' vectors about the third axis: the chart turns, and not one cosine changes. Turn people "
        "and films together and every dot product stays what it was, and so do the predictions and the loss. So "
        "the loss cannot say which way the axes point, and no axis has a name of its own, such as action or "
        "romance: only which films are near to each other is learned. If you see a meaning along an axis, you gave "
        "it."
    ),
    "cosine": "How alike: 1 is the same direction. See the sheet films.",
    "across": "Where the film is on the chart.",
}

YOU = {
    "title": (
        "You are person 61. The films' numbers stay as they are; your own four are found from what you type. That "
        "is all that a new customer needs: the expensive part, the films, is already there."
    ),
    "your vector": (
        "Three numbers and a bias: the changing cells of this sheet's own saved model. At 0 you have no taste yet."
    ),
    "price of a number": (
        "The penalty times the number of ratings to learn from: with it your loss is exactly your share of the "
        "loss on the sheet model. It keeps a few ratings from being taken too seriously."
    ),
    "your loss": (
        "The sum of your squared errors, plus the price times the sum of your squared numbers. One valley: one answer."
    ),
    "optimised": "What Optimize reaches for the ratings as shipped, those of an invented viewer. Yours will differ.",
    "your stars": (
        "Framed: yours to type. Leave blank what you have not seen.\nTry this: type in a person's ratings from the "
        "sheet ratings (not those held out), press Optimize, and compare with that person's numbers after training."
    ),
    "taste": "Your three numbers times the film's, added up: what your taste adds or takes away, in stars.",
    "prediction": (
        "Mean + film's bias + your bias + taste. Nothing keeps it between 0.5 and 5, and now and then it leaves them."
    ),
    "not rated, best first": "What to watch next. It follows as soon as your numbers move.",
    "not rated": "The prediction, where you gave no stars.",
}

PARTS = {
    "title": (
        "One part held out is one answer, and luck is in it. Ten parts give ten. The vectors beat the biases on "
        "each of them, by much on some and by little on others: taste is real, and stars are noisy."
    ),
    "one mean": "Every guess the mean of the ratings learned from.",
    "biases": "Film's mean plus person's bias.",
    "vectors": (
        "Optimised, the penalty 0.0035. Trained by `cellgrad lessons train --only embeddings` through the cells' "
        "formulas."
    ),
    "gain": "How much smaller the error of the vectors is than that of the biases.",
    "numbers": (
        "How many numbers a film should have, and at which penalty, was chosen on parts 1 to 9, each held out in "
        "turn, with part 0 out of all of it. Part 0 had no say, so its error is an honest one. Three and five come "
        "out alike, and the smaller is the one to take."
    ),
    "best penalty": "The best of 0.0015, 0.002, 0.0025, 0.003, 0.0035, 0.004 and 0.005.",
}

TRY = {
    "ratings": (
        "Look along a row: do people agree about Ace Ventura? About The Shawshank Redemption?",
        "Find two people with alike columns. Would you trust one to choose a film for the other?",
        "Find a grey cell and guess the stars. Then see what the sheet model says there, in the same cell.",
    ),
    "model": (
        "Click a prediction and follow its colours: a row of the film's, a column of the person's.",
        "Press Optimize: the loss falls in seconds, and the predictions take on people's tastes.",
        "Make the penalty 0, Optimize, and compare C7 with D7: better at what it saw, worse at what it did not.",
    ),
    "errors": (
        "Which film is hardest to predict? Look down column C.",
        "Which person is? Look along the two rows above the people's numbers.",
        "After Optimize, compare columns C and D: over all films the second is larger; film by film, luck decides.",
    ),
    "nearest": (
        "Choose Star Wars IV in B4, then Pulp Fiction, Aladdin, Fight Club. What do the nearest share?",
        "Type 30 into B6, then 90: the chart turns, and no cosine moves. Why? The note on B6 knows.",
        "Choose model in B5: those numbers are chance, until you press Optimize on the sheet model.",
    ),
    "you": (
        "Type stars of your own into column B and press Optimize: what should you watch?",
        "Rate one film alone, a 5: how far do your numbers move? Now rate five films 5.",
        "Type in the stars of a person who hates what you love, and see the list turn over.",
    ),
}
"""Sheet -> the things to try there."""
