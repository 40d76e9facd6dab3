"""What stops everything, and what only has such a word in passing."""

import pytest

from nudger.domain.replies import parse
from nudger.domain.reply_words import Command

STOPS = [
    # The providers' words and the law's
    *("STOP", "stop", "Stop", "StOp", "STOPALL", "Stop all", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE"),
    *("OPTOUT", "opt out", "Opt-Out", "OPT_OUT"),
    # As thumbs write them
    *(
        "STOP.",
        "STOP!!!",
        "  stop\n",
        "“STOP”",
        "'stop'",
        "*STOP*",
        "(stop)",
        "S.T.O.P.",
        "s t o p",
        "stooooop",
        "\uff33\uff34\uff2f\uff30",
    ),
    *(
        "ST\u200bOP",
        "STOP 🛑",
        "🛑",
        "stop\N{VARIATION SELECTOR-16}",
        "Unsuscribe",
        "sotp",
        "STOP\n\nSent from my iPhone",
    ),
    # With a please, a reason or a temper
    *(
        "stop please",
        "Please STOP",
        "pls stop",
        "ok stop",
        "stop now!",
        "stop it",
        "stop this madness",
        "STOP I mean it",
    ),
    *("please stop texting me", "Stop texting me please, thank you", "stop sending me these messages right now"),
    *("Could you please stop sending me these texts?", "I want to unsubscribe from this list", "I'd like to opt out"),
    *("unsubscribe me", "cancel my subscription", "no more texts please", "Take me off this list", "leave me alone"),
    *("don't text me again", "enough!", "yes stop"),
    *("I said STOP!", "I already told you to stop texting me", "do not send me any more of these messages"),
    # Who is not meant at all
    *("wrong number", "Sorry, wrong number!", "please remove my number from your list", "Falsche Nummer"),
    *("You've got the wrong number. I have no idea who Ben is", "Mauvais numéro", "Número equivocado, gracias"),
    # And then a whole sentence more
    *("STOP. I never signed up for any of this", "Stop! This is harassment and I want no more of it"),
    *("Please stop. I do not know who you are or why", "STOP - you have got the wrong number, whoever you are"),
    *("Basta! No sé quiénes son ustedes ni por qué", "Stopp! Ich habe das hier nie bestellt und will es nicht"),
    # At the end of what they had to say
    *("Who is this? STOP", "I've had enough of these texts\nSTOP", "thanks, but no. STOP please"),
    *("I did not sign up for this. Stop.", "Who is this? STOP\n\nSent from my iPhone", "Qui êtes-vous ? ARRET"),
    *("I don't want these messages", "do not ever text me", "No quiero más mensajes", "Bitte nicht mehr schreiben"),
    *("Ich will keine Nachrichten mehr", "je ne veux plus de messages"),
    # German
    *("STOPP", "Stopp bitte", "abmelden", "Abbestellen!", "Kündigen", "KUENDIGEN", "hör auf", "Hör auf!", "HOER AUF"),
    *("Hört bitte auf", "Hört auf, mir zu schreiben", "Keine SMS mehr", "lass mich in Ruhe", "Schluss jetzt", "Genug."),
    # French
    *("ARRET", "arrêt", "Arrêtez", "arrête de m'envoyer des messages", "désabonner", "Désinscription", "ANNULER"),
    *(
        "STOP svp",
        "s'il vous plaît, arrêtez",
        "ne m'écrivez plus",
        "Plus de SMS",
        "ça suffit !",
        "Laissez-moi tranquille",
    ),
    # Spanish
    *(
        "BASTA",
        "basta ya",
        "¡Basta!",
        "PARAR",
        "para",
        "Para ya, por favor",
        "BAJA",
        "quiero darme de baja",
        "cancelar",
    ),
    *("No más mensajes", "no me escriban más", "déjame en paz", "ALTO"),
]
INNOCENT = [
    "can't stop smiling",
    "We can't stop laughing about the bench",
    "we'll stop by the shop",
    "Can you stop by the bakery on your way home?",
    "the end of the week was great",
    "In the end we just walked home",
    "That's the weekend sorted then",
    "non-stop rain here, we stayed in",
    "Don't stop!",
    "please don't stop these",
    "never stop",
    "I will never stop loving this",
    "He had to cancel dinner but we did it on Sunday",
    "Their train was cancelled so we sat on the platform",
    "I quit my job today and we celebrated",
    "She said to quit worrying and it helped",
    "I told you to stop by the bakery, and you forgot",
    "Don't send me any more cake, I am full",
    "We got the wrong number of chairs and sat on the floor",
    "In the end. We danced. We will never stop, I hope",
    "Genug. Wir haben so viel gelacht an diesem Abend",
    "Stop the presses, we actually danced in the kitchen",
    "Bus stop bench, two hot drinks, perfect",
    "The bus didn't stop so we walked the whole way",
    "Loved it until the very end",
    "We ended up in the rain",
    "Doing it at the weekend, is that ok?",
    "I could not opt out of the washing up",
    "that was the last stop on our walk",
    "more of this and less of the doorstop jokes",
    "Remove your shoes, he wrote on the note",
    "not enough benches in this town",
    "Was für ein schönes Ende der Woche",
    "Wir hatten Ruhe und Kaffee",
    "Er hört einfach nicht auf zu lachen",
    "Ich kann nicht aufhören zu grinsen",
    "Am Ende haben wir getanzt",
    "Das war genug Kuchen für zwei",
    "Fin de semaine magnifique à deux",
    "on n'arrête pas d'en rire",
    "À l'arrêt de bus, deux chocolats chauds",
    "j'en veux encore, c'était trop bien",
    "Para ti siempre tengo tiempo",
    "El fin de semana fue precioso",
    "no podemos parar de reír",
    "La música estaba muy alta y bailamos",
    "Vamos a salir a cenar",
    "Liked “STOP ends it any time”",
    "Ana bailaba sin parar en la cocina",
]


def test_there_are_enough_of_both() -> None:
    """At least 60 spellings of stop, and 40 sentences that are none, all different."""
    assert len(set(STOPS)) == len(STOPS) >= 60
    assert len(set(INNOCENT)) == len(INNOCENT) >= 40


@pytest.mark.parametrize("text", STOPS)
def test_stop_is_understood(text: str) -> None:
    """Whoever wants no more texts is understood, however they write it."""
    assert parse(text).command is Command.STOP


@pytest.mark.parametrize("text", INNOCENT)
def test_a_word_in_passing_stops_nothing(text: str) -> None:
    """A sentence that merely holds such a word takes nobody off."""
    assert parse(text).command is not Command.STOP


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("stop two three four", Command.STOP),
        ("stop two three four five", Command.UNKNOWN),
        ("please stop this madness", Command.STOP),
        ("please stop this mad madness", Command.UNKNOWN),
        ("two stop", Command.UNKNOWN),
        ("stop by the shop", Command.STOP),
        ("they stop", Command.UNKNOWN),
        ("stop sending me all of these texts, please, thank you, right now", Command.STOP),
        ("stop sending me all of these flowers, please", Command.UNKNOWN),
        ("opt out two three", Command.STOP),
        ("opt out two three four", Command.UNKNOWN),
        ("fin", Command.STOP),
        ("fin merci", Command.STOP),
        ("fin deux", Command.UNKNOWN),
        ("I loved it to the end", Command.UNKNOWN),
        ("more of this to the end", Command.UNKNOWN),
        ("stop sending me more of these ideas please", Command.STOP),
        ("no, please, now, stop sending these to me", Command.STOP),
        ("stop\nbecause of all the rain we had on Sunday", Command.STOP),
        ("we had rain\nstop", Command.STOP),
        ("we had rain\nfin", Command.UNKNOWN),
        ("we sat on the bench by the bus stop", Command.UNKNOWN),
        ("stop. two three four five", Command.STOP),
        ("please stop! two three four five", Command.STOP),
        ("stop by the shop tonight. two three", Command.UNKNOWN),
        ("two. stop. three four five six", Command.UNKNOWN),
        ("fin. deux trois quatre cinq", Command.UNKNOWN),
    ],
)
def test_borders_of_the_rule(text: str, command: Command) -> None:
    """A stop word first and at most four words, a sentence first or last, or only filler beside it; weak ones alone."""
    assert parse(text).command is command


@pytest.mark.parametrize("text", ["END", "end.", "Ende", "FIN", "End please"])
def test_end_stops_and_may_mean_more(text: str) -> None:
    """END is a stop word by law; that it may also mean the end of the two is worth a question."""
    assert parse(text).command is Command.STOP
    assert parse(text).perhaps is Command.END


@pytest.mark.parametrize("text", ["STOP", "end these texts", "end of story"])
def test_other_stops_mean_nothing_more(text: str) -> None:
    """Who stops with another word, or says what is to end, is asked nothing."""
    assert parse(text).perhaps is None
