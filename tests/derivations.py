"""The grammar's sentences read by recursive descent: an oracle that shares no code with rnnlib."""


class Parser:
    """Every derivation's probability by recursive descent: shares no code with rnnlib."""

    def __init__(self, grammar, tokens):
        self.g, self.tokens = grammar, tokens
        self.number = {True: grammar.plural, False: 1 - grammar.plural}
        self.words = grammar.words

    def word(self, name, at):
        words = self.words[name]
        fits = at < len(self.tokens) and self.tokens[at] in words
        return [(1 / len(words), at + 1)] if fits else []

    def sequence(self, at, *parts):
        ends = [(1.0, at)]
        for part in parts:
            ends = [(p * q, end) for p, start in ends for q, end in part(start)]
        return ends

    def read(self, name):
        return lambda at: self.word(name, at)

    def weighted(self, p, ends):
        return [(p * q, end) for q, end in ends]

    def NP(self, plural):
        noun = self.read("N+" if plural else "N")

        def parse(at):
            bare = self.sequence(at, self.read("the"), noun)
            full = self.sequence(at, self.read("the"), noun, self.M)
            r = self.g.modified
            return self.weighted(1 - r, bare) + self.weighted(r, full)

        return parse

    def M(self, at):
        place, past, near, clause = self.g.modifiers
        found = self.weighted(place, self.sequence(at, self.read("Loc")))
        found += self.weighted(past, self.sequence(at, self.read("that"), self.read("Vp")))
        for m, p in self.number.items():
            verb = self.read("Vt+" if m else "Vt")
            found += self.weighted(near * p, self.sequence(at, self.read("P"), self.NP(m)))
            found += self.weighted(
                clause * p, self.sequence(at, self.read("that"), self.NP(m), verb)
            )
        return found

    def VP(self, plural):
        mark = "+" if plural else ""

        def parse(at):
            found = self.weighted(1 - self.g.transitive, self.sequence(at, self.read("Vi" + mark)))
            for m, p in self.number.items():
                object_ = self.sequence(at, self.read("Vt" + mark), self.NP(m))
                found += self.weighted(self.g.transitive * p, object_)
            return found

        return parse

    def derivations(self):
        found = []
        for n, p in self.number.items():
            found += self.weighted(p, self.sequence(0, self.NP(n), self.VP(n), self.read(".")))
        return [p for p, end in found if end == len(self.tokens) and p > 0]


def agreements_by_descent(sentence):
    """Subject and verb by recursive descent, where `annotate` scans with a stack."""
    at, found = 0, []

    def noun_phrase():
        nonlocal at
        noun = at + 1
        at += 2
        if sentence[at] in ("outside", "upstairs"):
            at += 1
        elif sentence[at] in ("near", "behind"):
            at += 1
            noun_phrase()
        elif sentence[at] == "that" and sentence[at + 1] != "the":
            at += 2
        elif sentence[at] == "that":
            at += 1
            subject = noun_phrase()
            found.append((subject, at))
            at += 1
        return noun

    subject = noun_phrase()
    found.append((subject, at))
    at += 1
    if sentence[at] != ".":
        noun_phrase()
    return sorted(found, key=lambda pair: pair[1])
