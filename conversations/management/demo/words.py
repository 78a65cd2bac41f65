"""Questions and answers as a small company might exchange them, from a generator of chance."""

from random import Random

TOPICS = {
    "travel": ["train tickets", "the hotel in Lisbon", "night ferries", "travel insurance", "the visa for Japan"],
    "garden": ["tomato seedlings", "the compost heap", "roses in clay soil", "rain barrels", "aphids"],
    "code": ["a Python generator", "the SQL index", "our deployment script", "a race condition", "the login form"],
    "letters": ["a cover letter", "the notice to tenants", "an apology to a customer", "the minutes", "a reminder"],
    "kitchen": ["sourdough bread", "a lentil soup", "the pressure cooker", "pickled cucumbers", "fresh pasta"],
    "money": ["the quarterly report", "invoice 2231", "the travel budget", "a currency hedge", "depreciation"],
    "science": ["ocean tides", "black holes", "photosynthesis", "the boiling point of water", "plate tectonics"],
    "health": ["a sore shoulder", "sleep and screens", "running in winter", "vitamin D", "good posture"],
}
ASKED = [
    "Can you explain {thing} to me?",
    "What should I know about {thing} before {day}?",
    "Please write a short note about {thing} for {name}.",
    "How do I compare {thing} with {other}?",
    "Why did {name} say that {thing} does not matter?",
    "Summarise what we decided about {thing} in {place}.",
    "Give me a checklist for {thing}.",
    "And what about {thing}?",
]
SAID = [
    "The short answer is that {thing} takes more time than most people expect.",
    "First, look at {thing} and write down what you find.",
    "In {place} the usual way is to begin with {other}.",
    "There are three reasons for this, and the second one is the most important.",
    "You could ask {name}, who has worked on {thing} for years.",
    "- **Check** {thing} on {day}, then again a week later.",
    "- Keep a copy of everything that concerns {other}.",
    "However, this depends on how much of {thing} is already done.",
    "A good rule of thumb is to plan twice the time and half the money.",
    "If {thing} fails, go back to {other} and change one thing at a time.",
    "`{code}` shows what is going on.",
    "That is why {name} of {place} recommends a second look at {other}.",
    "In the end it is a question of habit, and habits can be learned.",
    "Most of the numbers come from {place}, where {thing} was measured last year.",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "the weekend", "next month"]
SYLLABLES = (
    "ba",
    "ber",
    "dan",
    "der",
    "fel",
    "gar",
    "hol",
    "kar",
    "lin",
    "mar",
    "nor",
    "os",
    "per",
    "ros",
    "sel",
    "tor",
)
# The share of answers that name something nobody else names.
RARE_SHARE = 0.02


class Words:
    """Endless questions and answers; the same seed gives the same ones."""

    def __init__(self, chance: Random):
        self.chance = chance
        # As in real life some are named often and most hardly ever.
        self.names = [self._invented(2) for _ in range(3000)]
        self.places = [self._invented(3) for _ in range(1500)]

    def question(self, topic: str) -> str:
        """Return a question, now and then with some detail."""
        details = self._sentences(SAID, topic, self.chance.choice([0, 0, 1, 2]))
        return " ".join([*self._sentences(ASKED, topic, 1), *details])

    def answer(self, topic: str) -> str:
        """Return some paragraphs of Markdown."""
        paragraphs = [
            "\n".join(self._sentences(SAID, topic, self.chance.randint(1, 4)))
            for _ in range(self.chance.choice([1, 1, 2, 2, 3]))
        ]
        if self.chance.random() < RARE_SHARE:
            paragraphs.append(f"This is filed under {self._invented(5)}.")
        return "\n\n".join(paragraphs)

    def topic(self) -> str:
        """Return what a conversation is about."""
        return self.chance.choice(list(TOPICS))

    def _sentences(self, kinds: list[str], topic: str, count: int) -> list[str]:
        return [
            kind.format(
                thing=self.chance.choice(TOPICS[topic]),
                other=self.chance.choice(TOPICS[topic]),
                day=self.chance.choice(DAYS),
                name=self._often_the_first(self.names),
                place=self._often_the_first(self.places),
                code=f"{topic}-{self.chance.randint(1, 400)} --verbose",
            )
            for kind in self.chance.choices(kinds, k=count)
        ]

    def _often_the_first(self, names: list[str]) -> str:
        return names[int(len(names) * self.chance.random() ** 4)]

    def _invented(self, syllables: int) -> str:
        return "".join(self.chance.choices(SYLLABLES, k=syllables)).capitalize()
