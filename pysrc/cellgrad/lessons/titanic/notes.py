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
