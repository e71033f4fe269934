"""The English words that `contradict` knows: what is silent, what denies, what is the opposite of what. Pure."""

import re


def words(text: str) -> frozenset[str]:
    """Give the words of a text."""
    return frozenset(text.split())


# Say nothing of their own in a comparison.
SILENT = words(
    "a an the our my your his her its their this that these those is are was were be been being am do does did have has"
    " had will would shall can could may might must of in on at by for with to from as than so very and or also"
    " only just"
    " there it which who what about per into onto under out up call name locat call'd year always every each all both"
    " any some own ever still us minimum least at-least"
)
NEGATIONS = words("not no never cannot can't without none neither nor")
CHANGED = words(
    "now longer anymore moved switched upgraded downgraded raised lowered increased decreased reduced changed renamed"
    " replaced postponed delayed extended rewritten resized migrated took instead became extended updated since"
    " rescheduled promoted meanwhile"
)
PRONOUNS = words("i we you he she they one")

# A stem means another one; True: its opposite.
OPPOSITES: dict[str, tuple[str, bool]] = {
    **dict.fromkeys(("mandatori", "obligatori", "requir", "compulsori"), ("need", False)),
    "optional": ("need", True),
    "disabl": ("enabl", True),
    "off": ("enabl", True),
    "unprotect": ("protect", True),
    "privat": ("public", True),
    "fail": ("succe", True),
    "succeed": ("succe", False),
    **dict.fromkeys(("hat", "dislik", "detest"), ("like", True)),
    **dict.fromkeys(("lov", "enjoy", "lik"), ("like", False)),
    "read-onli": ("writabl", True),
    "forbid": ("allow", True),
    "den": ("allow", True),
    "reject": ("accept", True),
    "after": ("before", True),
    "clos": ("open", True),
    "offlin": ("onlin", True),
    "unavailabl": ("availabl", True),
    "unsupport": ("support", True),
    "insecur": ("secur", True),
    "unsaf": ("saf", True),
    "invalid": ("valid", True),
    "inactiv": ("activ", True),
    "absent": ("present", True),
    "fals": ("tru", True),
    "incorrect": ("correct", True),
    "impossibl": ("possibl", True),
    "incompatibl": ("compatibl", True),
    **dict.fromkeys(("keep", "kept", "sav", "host", "stor"), ("stor", False)),
    **dict.fromkeys(("licens", "licenc"), ("licens", False)),
    **dict.fromkeys(("led", "lead", "head"), ("lead", False)),
}

# The stems of verbs, by which what a sentence is about is told from what it says of it.
VERBS = words(
    "is are was were has have had do does did will can must liv use run stor keep host support need requir lead own"
    " listen prefer like lov hat enjoy dislik includ contain hold leav happen serv return speak work live cost"
    " tak allow"
    " forbid succe fail enabl disabl writ wrote found design send sent creat build built meet met fix deploi"
    " reboot visit"
    " mov switch limit expir end start begin depend accept reject own deni know plai releas plan track schedul"
)
MANY_VALUED = words(
    "have support speak know includ contain return need like prefer own plai do can met meet fix deploi reboot visit"
    " write wrote send releas accept serv"
)
ONCE = words("lead own design found creat build invent writ chair")  # what only one does
# With these, what is said is one thing: a default has one value, and who is in one place is in no other.
NAMES_ONE = words(
    "default favourit favorit prefer primari main current own lead format languag schedul editor colour color provid"
    " shell encod zone time databas framework stor run liv locat"
)

FOR_ONE = words("use")  # what is used for something is not used beside another for the same

# Since when something holds; what is left says that it is so now.
LEADS_IN = re.compile(
    r"\b(?:as of|since|starting|from now on|effective)(?: (?:this|last|next))?(?: (?:week|month|year|monday|tuesday"
    r"|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|july|august|september|october"
    r"|november|december|today|yesterday|now|(?:19|20)\d\d))*\b",
    re.IGNORECASE,
)
ALWAYS = re.compile(
    r",? as (?:ever|always|before|usual)\b|\b(?:a minimum of|at least|minimum)\b|\bin the year\b", re.IGNORECASE
)
# What was before. Looked for where values stand as ``§0§``.
FORMER = re.compile(
    r"\bfrom ((?:\S+ ){1,3}?)to\b|\breplaced (?:the )?(\S+)|\b(?:over|took)\b.*\bfrom (\S+)$|\binstead of (\S+)",
    re.IGNORECASE,
)

_ENDINGS = (
    ("ies", "i"),
    ("ied", "i"),
    ("sses", "ss"),
    ("ing", ""),
    ("ed", ""),
    ("es", ""),
    ("s", ""),
    ("e", ""),
    ("y", "i"),
)


def stem(word: str) -> str:
    """Cut a word's ending off, so that its forms are one: much like Porter's first steps."""
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) <= 3 or not word.isascii() or word.endswith("ss"):
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + instead
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1].isalpha() and word[-1] not in "lsz":
        word = word[:-1]
    return word
