"""What people write, in English, German, French and Spanish, and what they mean by it.

STOP words: the providers' (STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT; Twilio error 30004) and the
law's (stop, quit, end, revoke, opt out, cancel, unsubscribe; 47 CFR 64.1200(a)(10)), with what means the same
elsewhere. Umlauts are listed in both spellings where people use both; accents need no spelling of their own.
"""

from enum import StrEnum

from nudger.domain.reply_spelling import Words, phrases


class Command(StrEnum):
    """What a reply asks for."""

    STOP = "stop"
    START = "start"
    YES = "yes"
    NO = "no"
    HELP = "help"
    PAUSE = "pause"
    RESUME = "resume"
    LESS = "less"
    MORE = "more"
    SNOOZE = "snooze"
    DONE = "done"
    LOVE = "love"
    SKIP = "skip"
    WHY = "why"
    POOL = "pool"
    HARD = "hard"
    APART = "apart"
    LOSS = "loss"
    END = "end"
    UNKNOWN = "unknown"


#: Mean stop wherever a short reply begins with them.
STOP = phrases(
    [
        "stop, stopp, stopall, stop all, unsubscribe, unsub, cancel, end, quit, revoke, optout, opt out",
        "unsubcribe, unsuscribe, unsubscribed, sotp, stpo, стоп",
        "no more, take me off, remove me, delete me, leave me alone, lose my number, remove my number",
        "take my number off, wrong number, you have the wrong number, you've got the wrong number, falsche nummer",
        "mauvais numéro, faux numéro, número equivocado",
        "i said stop, i told you to stop, i already told you to stop, told you to stop, i asked you to stop",
        "don't send me any more, do not send me any more, don't send me texts, don't send me messages",
        "i don't want these messages, i don't want these texts, i do not want these messages",
        "i do not want these texts",
        "do not ever text me, don't ever text me, never text me again, never text me",
        "do not text me, dont text me, do not contact me, dont contact me, do not message me, dont message me",
        "stoppen, stoppt, abmelden, abmeldung, abbestellen, abbrechen, beenden, austragen, kündigen, kuendigen",
        "widerruf, widerrufen, aufhören, aufhoeren, hör auf, hoer auf, hört auf, hoert auf, hören sie auf",
        "schluss jetzt, schluss damit, es reicht, lass mich in ruhe, lasst mich in ruhe",
        "melde mich ab, trag mich aus",
        "nicht mehr schreiben, ich will keine sms mehr, ich will keine nachrichten mehr",
        "ich möchte keine nachrichten mehr, ich möchte keine sms mehr",
        "keine sms mehr, keine nachrichten mehr, nichts mehr, schreib mir nicht mehr, schreibt mir nicht mehr",
        "arrêt, arrête, arrêtes, arrêtez, arrêter, désabonner, me désabonner, désabonnement, désabonnez moi",
        "désinscrire, me désinscrire, désinscription, désinscrivez moi, annuler, résilier, ça suffit",
        "je ne veux plus de sms, je ne veux plus de messages",
        "plus de sms, plus de message, plus de messages, laisse moi tranquille, laissez moi tranquille",
        "ne m'écris plus, ne m'écrivez plus, ne m'envoie plus, ne m'envoyez plus",
        "basta, basta ya, parar, paren, detener, deténganse, cancelar, cancela, desuscribir, desuscribirme",
        "no quiero más mensajes, no quiero más sms, no quiero recibir más mensajes, no quiero estos mensajes",
        "darme de baja, dame de baja, dadme de baja, denme de baja, date de baja, no más, no mas mensajes",
        "déjame en paz, déjenme en paz, dejadme en paz, no me escribas más, no me escriban más, deja de, dejen de",
    ]
)
#: Have another life in a sentence, so they mean stop only by themselves: `fin` is also in fin de semaine.
STOP_ALONE = phrases(
    [
        "enough, remove, delete, out, opt me out, i want out, halt",
        "ende, aus, genug, schluss, ruhe, raus",
        "fin, fini, terminé, assez",
        "para, pare, alto, baja, fin, terminar, salir, eliminar, borrar, quitar",
    ]
)
#: Of the words above, those that mean nothing else where they are a sentence of their own.
STOP_CLEARLY = phrases(
    ["stop, stopp, stopall, stop all, unsubscribe, unsub, optout, opt out, sotp, arrêt, basta, abmelden"]
)
#: Of the words above, those that may also mean that the two have parted.
PERHAPS_PARTED = phrases(["end, ende, fin, fini, terminé, terminar"])

POLITE = phrases(
    [
        "please, pls, plz, thanks, thank you, thx, ty, ok, okay, hi, hey, hello, sorry, now, just, right now",
        "bitte, danke, hallo, jetzt, sofort, mal, endlich",
        "svp, stp, s'il te plaît, s'il vous plaît, merci, bonjour, salut, maintenant, tout de suite",
        "por favor, gracias, hola, ya, ahora, ahora mismo, vale",
    ]
)
#: Words that add nothing to a command: with them alone around it, it is still that command.
FILLER = POLITE | phrases(
    [
        "i, i'd, i'm, we, me, my, us, our, your, it, this, that, these, those, them, all, any, one, ones, the, a, an",
        "again, to, of, from, for, with, at, on, so, and, very, really, anymore, immediately, forever, until, till",
        "can you, could you, would you, will you, can we, may i, would like, like to, want, wanna, wish, need, would",
        "text, texts, texting, send, sending, message, messages, messaging, msg, msgs, sms, contact, contacting",
        "write, writing, bothering, bugging, spamming, spam, service, subscription, list, number, phone, nudger",
        "idea, ideas, nudge, nudges, like this, like these, like that, often, at once, today, sent from my iphone",
        "morning",
        "ich, wir, uns, mir, mich, du, ihr, sie, es, das, die, der, den, diese, dieser, dieses, diesen, mit, von, zu",
        "und, an, bis, zum, so, gern, gerne, will, möchte, moechte, kannst du, könnt ihr, können sie, nachricht",
        "nachrichten, schreiben, schicken, senden, idee, ideen, früh, hab, habe, haben, war, sehr, alle, davon",
        "je, j'ai, nous, moi, toi, me, te, on, le, la, les, l, un, une, de, des, du, ce, cette, ces, cela, ça, à",
        "et, en, veux, voudrais, d'envoyer, de m'envoyer, m'envoyer, m'écrire, de m'écrire, envoi, matin, idée, idées",
        "celle ci, celui ci",
        "yo, nos, el, los, las, lo, un, una, del, esto, esta, este, estos, estas, eso, todo, todos, con, por, favor",
        "quiero, querría, enviarme, mandarme, escribirme, mensaje, mensajes, hasta, ha, he, hemos, muy, por la",
    ]
)

_SAID: dict[Command, list[str]] = {
    Command.START: [
        "start, unstop, restart, subscribe, resubscribe, begin, opt in, optin, opt me in, bring them back",
        "starten, anfangen, anmelden, démarrer, commencer, recommencer, m'abonner",
        "iniciar, empezar, comenzar, alta, darme de alta",
    ],
    Command.YES: ["yes, y, yep, yeah, yup, yes i do, yes i agree, yes i accept, ja, jawohl, jep, oui, sí"],
    Command.NO: [
        "no, nope, nein, nee, non, not interested, kein interesse, pas intéressé, pas intéressée, no me interesa",
    ],
    Command.HELP: [
        "help, info, infos, commands, who is this, who are you, what is this, how does this work",
        "hilfe, befehle, wer ist das, wer bist du, wer seid ihr, was ist das",
        "aide, aidez moi, qui est ce, qui es tu, qui êtes vous, c'est quoi",
        "ayuda, ayúdame, información, quién es, quién eres, qué es esto, comandos",
    ],
    Command.RESUME: [
        "resume, continue, unpause, go on, carry on, weiter, weitermachen, fortsetzen, mach weiter, macht weiter",
        "reprendre, reprends, reprenez, reprise, continuer, continue, seguir, continuar, reanudar",
    ],
    Command.LESS: [
        "less, fewer, less often, too many, too much, too often, weniger, seltener, zu viel, zu viele, zu oft",
        "moins, moins souvent, trop, trop souvent, menos, menos a menudo, demasiado, demasiados",
    ],
    Command.MORE: [
        "more, more often, mehr, öfter, oefter, häufiger, haeufiger, plus, plus souvent, davantage, encore",
        "más, más a menudo",
    ],
    Command.SNOOZE: [
        "snooze, later, tomorrow, not now, not today, not tonight, morgen, später, spaeter, nicht jetzt, nicht heute",
        "demain, plus tard, pas maintenant, pas aujourd'hui, mañana, más tarde, luego, ahora no, hoy no",
    ],
    Command.DONE: [
        "done, did it, did that, we did, finished, gemacht, getan, erledigt, haben wir gemacht",
        "fait, c'est fait, on l'a fait, hecho, listo, lo hicimos",
    ],
    Command.LOVE: [
        "love, loved, love it, loved it, liked, liked it, we liked, schön, schoen, toll, klasse, wunderbar",
        "adore, adoré, j'adore, j'aime, génial, encanta, encantó, me encanta, me encantó, me gusta, me gustó, genial",
    ],
    Command.SKIP: [
        "skip, pass, not for us, not for me, not this one, lieber nicht, überspringen, ueberspringen, auslassen",
        "nichts für uns, nichts für mich, nicht für uns, passer, passe, sauter, pas pour nous, pas pour moi",
        "saltar, salta, omitir, paso, no es para mí, no es para nosotros",
    ],
    Command.WHY: ["why, warum, wieso, weshalb, warum das, pourquoi, por qué, porque"],
    Command.POOL: ["pool, auswahl, choix, opciones"],
    Command.HARD: [
        "hard, hard week, tough week, bad week, rough week, hard time, schwer, schwere woche, harte woche",
        "dur, dure, difficile, semaine difficile, semaine dure, dura, duro, difícil, semana difícil, semana dura",
    ],
    Command.APART: [
        "apart, we're apart, long distance, fern, getrennt unterwegs, loin, à distance, lejos, a distancia"
    ],
    Command.LOSS: [
        "loss, a loss, grief, grieving, mourning, verlust, trauer, trauerfall, deuil, perte, duelo, pérdida, luto",
    ],
    Command.END: [
        "ended, we ended, we've ended, we have ended, it ended, over, it's over, it is over, separated, divorced",
        "broke up, we broke up, break up, breakup, we split up, split up, we separated, we are separated",
        "vorbei, es ist vorbei, es ist aus, getrennt, wir sind getrennt, wir haben uns getrennt, trennung",
        "schluss gemacht, rupture, séparés, séparées, on s'est séparés, on est séparés, c'est fini, c'est terminé",
        "ruptura, separados, separadas, nos separamos, rompimos, hemos roto, hemos terminado, terminamos, se acabó",
    ],
}
#: Every phrase that is a command by itself, but for STOP and PAUSE.
SAID: dict[Words, Command] = {one: command for command, lines in _SAID.items() for one in phrases(lines)}

PAUSE = phrases(
    [
        "pause, paused, take a break, pausa, pausar, pausen, pausieren, pausiere, mach pause, mach eine pause",
        "macht eine pause, fais une pause, faites une pause, faire une pause, haz una pausa, hacer una pausa",
    ]
)

#: What an emoji by itself says. A thumb up is none of them: it is too easily sent to be a yes.
EMOJI: dict[str, Command] = {
    **dict.fromkeys("🛑⛔🚫", Command.STOP),
    **dict.fromkeys("❤♥😍🥰💕💖💗💙💚💛💜🧡", Command.LOVE),
    **dict.fromkeys("✅✔☑", Command.DONE),
}
