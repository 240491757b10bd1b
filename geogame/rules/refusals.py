"""What the game refuses, each with a sentence for the player. `views` translates it and chooses the status code."""


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation; it is translated where it is shown, since the rules know no Django."""
    return sentence


class Refused(Exception):
    """A player asked for what the rules do not allow. `sentence` is an English message with %(name)s holes."""

    sentence = gettext_noop("That is not possible now.")

    def __init__(self, sentence: str | None = None, **values: object) -> None:
        self.sentence = sentence or self.sentence
        self.values = values
        super().__init__(self.sentence % values)


class BadInput(Refused):
    """What was sent cannot be understood."""


class NotYours(Refused):
    sentence = gettext_noop("This game is being played by somebody else.")


class TooLate(Refused):
    sentence = gettext_noop("Time is up: this round has closed.")


class AlreadyGuessed(Refused):
    sentence = gettext_noop("You have already guessed in this round.")


class NotNow(Refused):
    """The verb does not fit the phase that the game is in."""


class RunOut(Refused):
    sentence = gettext_noop("The address of this photograph has run out. It is found anew in its game.")


class Away(Refused):
    sentence = gettext_noop("This photograph cannot be fetched just now. Try again in a moment.")


class TooOften(Refused):
    sentence = gettext_noop("That was a little fast. Wait a moment and try again.")
