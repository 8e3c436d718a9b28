"""What the notes of the Titanic workbook say, by the header or label they hang on."""

from __future__ import annotations

ALL_ROWS = {
    "title": (
        "One row is one passenger. 177 have no age and 2 have no port (the grey cells below). A formula cannot "
        "multiply a blank, so the model sheets keep the 712 passengers that have both. Filling the gaps, say with "
        "the median age, is another choice: try it and compare the loss."
    ),
}

DATA = {
    "Survived": "What we want to predict: 1 if this passenger lived, 0 if not.",
    "Embarked": (
        "The port of boarding: S Southampton, C Cherbourg, Q Queenstown. A letter cannot be multiplied by a "
        "parameter; Embark_S and Embark_C say the same in numbers."
    ),
    "Pclass": (
        "The class of the ticket: 1, 2 or 3. These are names more than amounts (third class is not three times "
        "first), so Pclass_1 and Pclass_2 stand in for it."
    ),
    "Sex": "male or female, as the ship's records have it. Male turns it into a number.",
    "Age": "In years; babies have fractions.",
    "Fare": "The price of the ticket in pounds of 1912. Most paid under 20, a few paid hundreds.",
    "SibSp": "How many brothers, sisters, husbands or wives were aboard with this passenger.",
    "Parch": "How many parents or children were aboard with this passenger.",
    "Age_N": (
        "The age divided by the greatest age, so that it runs from 0 to 1 like its neighbours. This is "
        "normalising. An input of 80 beside inputs of 0 and 1 would drown them: its parameter would have to be tiny "
        "and steps that suit the others would overshoot."
    ),
    "log_Fare": (
        'LOG10(fare + 1). Money is spread unevenly: a few huge fares, many small ones. The logarithm turns "ten '
        'times as much" into "one more", which spreads the passengers out and keeps the numbers near 1. The + 1 '
        "is for the free tickets: the logarithm of 0 does not exist, LOG10(0 + 1) is 0."
    ),
    "Pclass_1": (
        "1 in first class, otherwise 0: a dummy column. Three classes need only two of them, because a passenger "
        "with 0 in both must be in third. In general n levels need n - 1 columns. A third column would add "
        "nothing: the three would always sum to the column Ones, and endlessly many parameters would fit equally "
        "well."
    ),
    "Pclass_2": "1 in second class, otherwise 0. Third class is 0 here and in Pclass_1.",
    "Embark_S": "1 if boarded at Southampton, otherwise 0. Three ports, two columns: see Pclass_1.",
    "Embark_C": "1 if boarded at Cherbourg, otherwise 0. Queenstown is 0 here and in Embark_S.",
    "Male": "1 if male, otherwise 0. Two levels, one column.",
    "Ones": (
        "Always 1. Its parameter is added to every prediction as it is, so it plays the constant b in y = ax + b, "
        "and the model needs no separate plus."
    ),
}

START = (
    "The parameters started as =RAND()-0.5, pasted as values: small, on both sides of zero, and different from each "
    "other. Some draws are luckier than others, above all for a net: this one was picked among many because "
    "every method of descent that we tried ends well from it. "
)

LOSS = (
    "The mean of the squared errors: one number that says how wrong the model is over all passengers. Optimising is "
    "finding the parameters that make this cell small."
)

CORRECT = (
    "The share of passengers on the right side of one half: prediction above 0.5 and lived, or not above and died. "
    "The loss leads the search because it changes smoothly; this share jumps by whole passengers."
)

LINEAR = {
    "parameters": START + "Each stands right above the column it multiplies.",
    "prediction": (
        "SUMPRODUCT multiplies each input of this row by the parameter above its column and adds the ten products. "
        "Nothing keeps the result between 0 and 1: look for predictions below 0 and above 1."
    ),
    "sq_error": "(lived or not - prediction) squared: never negative, and a big miss counts more than two small ones.",
    "loss": LOSS
    + (
        "\nTry this: add 0.1 to one parameter and watch the loss, then take 0.1 away again. The change, divided by "
        "0.1, is roughly the slope of the loss in that parameter; descent walks against it."
    ),
    "correct": CORRECT,
}

NNET = {
    "parameters": START + "Two rows, because the net has two units; each parameter stands above its column.",
    "linear_1": "What the sheet linear does, with the parameters of unit 1.",
    "linear_2": "The same with the parameters of unit 2.",
    "relu_1": (
        "ReLU, the rectified linear unit: negative becomes 0, positive stays, IF(x>0,x,0). Without this bend the sum "
        "of two linear functions would be one more linear function, and two units would do no more than one."
    ),
    "relu_2": (
        "A unit that is 0 for every passenger is dead: changing its parameters a little changes nothing, its slope is "
        "0 and descent cannot revive it.\nTry this: set all of unit 2 to -1 and look down this column."
    ),
    "prediction": "The two units added up. It can no longer fall below 0.",
    "sq_error": LINEAR["sq_error"],
    "loss": LOSS
    + (
        "\nTry this: optimise, and compare with the sheet linear (0.1442 at best). Then start from other random "
        "numbers: a net has many valleys, and where you start decides which one you end in."
    ),
    "correct": CORRECT,
}

MMULT = {
    "parameters": (
        "The same twenty numbers as on the sheet nnet, turned on their side: one column a unit, because MMULT pairs "
        "the columns of the data with the rows of the parameters. "
    )
    + START,
    "linear_1": (
        "One array formula fills both columns for all 712 rows: MMULT(inputs, parameters). Each number is one row of "
        "inputs times one column of parameters, added up: 712 x 2 SUMPRODUCTs in one go. That is what graphics cards "
        "do fast, and why nets are written this way."
    ),
    "linear_2": "The second column of the same MMULT.\nTry this: change S4 and watch V change in every row with "
    "SibSp above 0, and W not at all.",
    "relu_1": "ReLU: negative becomes 0, positive stays. The sheet nnet says why.",
    "relu_2": NNET["relu_2"],
    "prediction": NNET["prediction"],
    "sq_error": LINEAR["sq_error"],
    "loss": LOSS
    + (
        "\nTry this: copy the optimised parameters of the sheet nnet here, turned on their side (paste special, "
        "transpose). Both sheets show the same loss: it is the same model."
    ),
    "correct": CORRECT,
}

CLEANING = {
    "title": (
        "Data come as they were collected, and a model wants a number in every cell. What is left out on the way, and "
        "what is made of the rest, decides what the model can learn. Everything here is counted by formula from the "
        "tables of the sheets all_rows and linear."
    ),
    "rows": (
        "A row goes if it lacks an age or a port. COUNTBLANK counts empty cells; who lacks both must not be counted "
        "twice."
    ),
    "columns": (
        "The original set has twelve columns; these four are not in this workbook. A column is worth keeping if it "
        "can be turned into numbers that may have to do with the answer, and is known for nearly everybody. (A title "
        "in a name, such as Master, would tell something; and who has a cabin is mostly in first class, which Pclass "
        "says.)"
    ),
    "harmless": (
        "Leaving rows out changes nothing only if those who go are like those who stay. Compare the shares that "
        "lived.\nTry this: keep everybody by typing the mean age into the blanks of all_rows; what would the models "
        "believe of those people?"
    ),
    "dummies": (
        "One column a class, 1 or 0. The three always add up to the column Ones, so one of the four can be made from "
        "the others: what the constant takes away, the classes can give back. With n levels, n - 1 columns say it all "
        "(the sheets use class 1 and class 2; a third-class passenger has 0 in both)."
    ),
    "move": (
        "Added to the weight of Ones, and taken from the weight of each class.\nTry this: type any number. The "
        "weights below change, the predictions on the right do not: endlessly many answers are equally good, and "
        "there is no such thing as the effect of a class."
    ),
    "normalising": (
        "Ages run to 80 and fares to 512, dummies from 0 to 1. Age_N is the age divided by the greatest age: the same "
        "shape on another scale. log_Fare is LOG10(fare + 1): another shape too, for a few huge fares would rule the "
        "sum."
    ),
    "mean square": (
        "The mean of the squares of a column. How steeply the loss curves along a parameter is twice the mean square "
        "of its column."
    ),
    "worst": (
        "The steepest of age, fare and Ones divided by the flattest. Descent must take steps small enough for the "
        "steepest direction, and then the flattest takes about so many times more of them. Before: thousands; after: "
        "about ten."
    ),
    "histograms": (
        "Step 0 holds the values from 0 up to the width, step 1 from there to twice the width, and so on; the last "
        "step holds all the rest. The width stands below each chart."
    ),
}

SIGMOID = {
    "title": (
        "The net of the sheet nnet adds its two units, so its prediction is never below 0 and may be far above 1. Here "
        "unit 1 speaks for living and unit 2 against it; the difference is a score of any sign, and the sigmoid turns "
        "a score into a number between 0 and 1 that can be read as a probability."
    ),
    "parameters": (
        "The two units on their side, as on the sheet mmult. They started as =RAND()-0.5, pasted as values, from a "
        "draw that descent ends well from."
    ),
    "against": (
        "If the two units were added, as on nnet, the score could not be negative and the sigmoid never below one "
        "half. One unit has to speak against."
    ),
    "loss": (
        "What Optimize makes small: the mean over the training passengers of the loss chosen below, and the penalty "
        "times the sum of the squared weights. Held-out passengers have no part in it."
    ),
    "split seed": (
        "Decides who is held out. Every passenger draws a lot (column M): arithmetic with the passenger's number and "
        "this seed, so that the same seed always gives the same split. RAND would draw again at every change of a "
        "cell, and the loss would never stand still."
    ),
    "held out": (
        "Passengers whose lot is below this are held out (grey in the column train). A model can learn its training "
        "passengers by heart; only others show what it has understood."
    ),
    "loss by": (
        "cross-entropy or squared error: both are always shown, this one is made small.\nTry this: choose the other, "
        "Optimize, and compare both losses and the shares."
    ),
    "penalty": (
        "A small price on weights. Without it the net can grow weights without end to make a few training passengers "
        "more certain.\nTry this: 0, then Optimize: the training loss falls further; does the held-out one?"
    ),
    "now": "From the parameters as they are now.",
    "reached": (
        "What Optimize reaches from the start that this sheet ships with, split seed 1: training and held-out "
        "passengers. A test holds these numbers."
    ),
    "cross-entropy": (
        "-LN of the probability that was given to what really happened, averaged. A confident miss costs without "
        "limit. Guessing one half for all costs LN(2) = 0.693."
    ),
    "squared error": "The loss of the sheets before, for the same predictions. A miss costs 1 at most.",
    "predicted right": (
        "The share on the right side of one half. On the held-out passengers this is the figure that counts. About "
        "145 people: two or three more or fewer are two points."
    ),
    "linear model, right": (
        "The linear model, fitted to the same training passengers, on the sheet linear_split. Optimize that sheet too "
        "before you compare."
    ),
    "confusion": (
        "What held-out passengers were (rows) and what the model said (columns). The bold ones are right. The two "
        "kinds of mistakes need not cost the same."
    ),
    "all died": "Who always says died is right as often as this without any model: the figure to beat.",
    "lot": (
        "MOD is the remainder of a division. Squares and remainders of whole numbers below 99,991 jump about as if "
        "drawn at random, and are exact: the same in every spreadsheet program, for ever."
    ),
    "train": "1: the loss counts this passenger. 0 and grey: held out.",
    "linear_1": (
        "One MMULT for both columns and all rows: the ten inputs of the sheet linear times the parameters at the left."
    ),
    "score": "For less against: relu_1 - relu_2. Above 0 the model says: lived.",
    "prediction": (
        "1/(1+EXP(-score)), the sigmoid: 0.5 at a score of 0, towards 1 for large scores, towards 0 for very negative "
        "ones, and never quite there. The curve is drawn below the settings."
    ),
    "cross_ent": (
        "-LN(prediction) for who lived, -LN(1 - prediction) for who died, in one formula, written with the score. So "
        "it stays right where the prediction is so close to 0 or 1 that a cell would hold 0 or 1 and LN would fail."
    ),
    "costs": (
        "For a passenger who lived: what a prediction costs. At 0.001 squared error says 0.998, hardly more than at "
        "0.1; cross-entropy says 6.9, three times as much."
    ),
}

TRY_SIGMOID = (
    "Press Optimize (or run Solver) here and on linear_split. Which of the two predicts more held-out passengers "
    "right?",
    "Type another split seed and optimise both again. Does the same model win? Ten splits are on the sheet "
    "linear_split.",
    "Set loss by to squared error, optimise, and watch what the cross-entropy of the held-out passengers does.",
)

LINEAR_SPLIT = {
    "title": (
        "The model of the sheet linear, but fitted to the training passengers alone and judged on the held-out "
        "ones, so that it can be compared with the net on the sheet sigmoid."
    ),
    "loss": "The mean squared error of the training passengers. It has one lowest point, which Optimize finds exactly.",
    "weights": "One weight an input; they start where those of the sheet linear do.",
    "now": "From the weights as they are now; reached: what Optimize reaches with split seed 1.",
    "train": "From the sheet sigmoid: one split for both models.",
    "prediction": "One MMULT over the rows: inputs times weights. Nothing keeps it between 0 and 1.",
    "splits": (
        "For each split both models were optimised from their starts, and the held-out passengers that they predict "
        "right were counted. No split was picked: the seeds are 1 to 10, and the workbook ships with the first."
    ),
    "spread": (
        "How much the share differs from split to split. Where it is larger than the difference of two models, one "
        "split cannot tell which is better."
    ),
}

PASSENGER = {
    "title": (
        "Answer seven questions and read what each model says, with the parameters that its sheet holds now. The "
        "models know the ship's passengers, and nothing else about you."
    ),
    "fare": "The mean fare of the chosen class stands at the right, if you do not know what to pay.",
    "prediction": (
        "linear: nothing keeps it between 0 and 1. nnet: never below 0. sigmoid: always between 0 and 1, so it alone "
        "can be read as a probability. Above 0.5 all three say: lives."
    ),
    "like this": "Those of the 712 passengers with this sex and class: a check that needs no model.",
    "working": (
        "The ten inputs are made from your answers as the data sheets make them from theirs; each is multiplied by the "
        "parameter of its sheet, and the products are added up."
    ),
}

TRY_PASSENGER = (
    "Optimize linear, nnet and sigmoid first. Then make the passenger a man, and leave everything else as it is.",
    "Find a passenger whom the linear model gives a number below 0 or above 1. What does the sigmoid say of that one?",
    "Raise the age a year at a time. A straight line, a bent one, a curve: which sheet is which?",
)

ANSWERS = {
    "title": (
        "Excel's Solver and LibreOffice's solvers are what a spreadsheet user has today. There is no Excel on the "
        "machines where this workbook is made: its figures are quoted, each with its source."
    ),
    "ours": (
        "What cellgrad optimize titanic.xlsx reaches without options, from the start that each sheet ships with. "
        "linear is the least-squares fit: nothing lower exists. The two nets are one model and from the start here "
        "both end at 0.1319. Other starts are tried besides: not the same on both sheets, because their parameters "
        "come in another order, so each finds another of the many valleys; the lowest known is 0.1289."
    ),
    "seconds": (
        "On two processor cores, the search alone, everything read and compiled. It was not timed beside Calc's "
        "solvers: compare the orders of magnitude, not the digits."
    ),
    "now": "The loss in cell AA1 of the sheet, with the parameters it holds now.",
    "difference": "Theirs less ours; above 0: theirs is the worse answer.",
    "same": "Only figures for the very same data can be compared.",
}

ANSWERS_READ = (
    "How to read this",
    "Recorded lesson: the regression begins at 1.03 and Excel's Solver brings it to about 0.1, the net to about 0.08, "
    "read off its screen. The lesson prepared its data itself: no comparison digit by digit.",
    "0.143152 for the net with Excel's Solver was reported to us, for these 712 passengers; with which start and "
    "Excel is not known.",
    "DEPS and SCO are the two evolutionary solvers of LibreOffice Calc: no slopes, many tries. One evaluation of the "
    "loss took them about 9 thousandths of a second; from where they started is not recorded.",
    "For the linear model least squares is the exact answer, so all of theirs - ours is what the solver left undone.",
)
