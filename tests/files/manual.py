"""A manual of 300 pages with fifty facts in it, and a question for each, in other words than the fact has."""

import random

PAGES = 300
PARAGRAPHS = 6

FACTS = [
    (
        "The pressure relief valve of the boiler opens at 6.5 bar.",
        "At what pressure does the boiler's relief valve open?",
    ),
    (
        "The coolant pump is replaced after fourteen months of service.",
        "How many months may a coolant pump serve before replacing it?",
    ),
    (
        "Grease of type K2 is used for the bearings of the main conveyor.",
        "Which grease do the main conveyor's bearings need?",
    ),
    ("The night shift hands over at 05:40 in the control room.", "When and where is the handover of the night shift?"),
    ("Spare fuses are kept in the red cabinet behind the transformer.", "Where do I find a spare fuse?"),
    (
        "The emergency generator starts within eleven seconds of a power cut.",
        "How long until the generator starts in an emergency?",
    ),
    ("Visitors must wear orange helmets in hall four.", "What colour of helmet does a visitor wear in hall 4?"),
    ("The crane lifts no more than 3,200 kilograms in wind.", "What is the crane's limit when there is wind?"),
    (
        "Filters of the ventilation are washed on the first Monday of a quarter.",
        "On which day are ventilation filters washed?",
    ),
    ("The alarm code for a gas leak is seven short tones.", "How does the alarm for leaking gas sound?"),
    ("Oil samples are sent to the laboratory in Lübeck.", "To which laboratory do the oil samples go?"),
    ("The turbine must not turn faster than 4,100 revolutions per minute.", "How fast may the turbine turn at most?"),
    ("Waste acid is neutralised with lime before it is drained.", "What is waste acid treated with before draining?"),
    ("The service password of the panel is changed every ninety days.", "How often is the panel's password changed?"),
    (
        "Welding in the tank farm needs a permit signed by the fire officer.",
        "Who signs the permit for welding in the tank farm?",
    ),
    (
        "The hydraulic press is calibrated with a load cell of 50 kN.",
        "With which load cell do we calibrate the hydraulic press?",
    ),
    ("Batteries of the forklift are charged for eight hours.", "How long does charging the forklift's batteries take?"),
    ("The inspection of the chimney is due in April.", "In which month is the chimney inspected?"),
    ("Sensors of the dryer drift by 0.4 degrees a year.", "By how much do the dryer's sensors drift each year?"),
    (
        "The rubber seal of the autoclave is ordered under number 77-Q.",
        "Under which number can I order the autoclave's seal?",
    ),
    ("Compressed air is dried to a dew point of minus forty degrees.", "What is the dew point of our compressed air?"),
    ("The drain of basin two is opened only at low tide.", "When may the drain of basin two be opened?"),
    ("The first aid room is beside the canteen.", "Where is the room for first aid?"),
    ("The conveyor belt is tensioned to 12 newtons per millimetre.", "To what tension is the conveyor belt set?"),
    (
        "Paint of the hull is renewed with two coats of epoxy.",
        "How many coats of epoxy does renewing the hull's paint take?",
    ),
    (
        "The mixer runs backwards for thirty seconds after each batch.",
        "For how long does the mixer run backwards after a batch?",
    ),
    ("Noise in the compressor house exceeds 96 decibels.", "How loud is it in the compressor house, in decibels?"),
    ("The main water meter stands below the east stairs.", "Where does the main water meter stand?"),
    ("Keys for the archive are held by Mrs Okonkwo.", "Who holds the key of the archive?"),
    ("The furnace is lined with bricks of magnesia.", "Which bricks line the furnace?"),
    ("The warranty of the gearbox ends after 9,000 hours.", "After how many hours does the gearbox's warranty end?"),
    ("Sprinklers are tested with a flow of 80 litres per minute.", "Which flow is used to test the sprinklers?"),
    ("The robot stops when the light curtain is broken twice.", "What makes the robot stop at the light curtain?"),
    ("Sludge is collected on Thursdays by the firm Brandt.", "Which firm collects the sludge?"),
    (
        "The tower's lamps are switched by a twilight sensor at 15 lux.",
        "At how many lux are the lamps of the tower switched?",
    ),
    ("The lift for goods is locked between two and four at night.", "Between which hours is the goods lift locked?"),
    (
        "Cables in the tunnel are inspected with a thermal camera.",
        "What camera is used to inspect cables in the tunnel?",
    ),
    ("The vacuum of the distillation is held at 30 millibar.", "What vacuum does the distillation hold?"),
    ("Ammonia is stored in the building with the green roof.", "In which building is ammonia stored?"),
    (
        "The pH of the cooling water stays between 7.8 and 8.4.",
        "Between which values should the pH of cooling water stay?",
    ),
    ("Apprentices may operate the lathe after twenty supervised hours.", "When may an apprentice operate the lathe?"),
    (
        "The data logger keeps its readings for thirteen weeks.",
        "For how many weeks does the data logger keep readings?",
    ),
    ("The roof may carry 250 kilograms per square metre of snow.", "How much snow may the roof carry?"),
    ("A leaking flange is clamped with tool number 18.", "Which tool clamps a flange that leaks?"),
    ("The silo is emptied through gate C before an inspection.", "Through which gate is the silo emptied?"),
    ("Gloves of nitrile protect against the solvent X-90.", "Which gloves protect from solvent X-90?"),
    ("The radio channel of the fire brigade is 27.", "On which radio channel is the fire brigade?"),
    ("The scale of the weighbridge is sealed by the city's office.", "Who seals the weighbridge's scale?"),
    (
        "The steam trap at column nine is cleaned with citric acid.",
        "With what is the steam trap at column nine cleaned?",
    ),
    ("The backup of the plant's recipes is written at 22:15.", "At what time is the backup of recipes written?"),
]

NOUNS = [
    "valve",
    "boiler",
    "pump",
    "bearing",
    "conveyor",
    "shift",
    "room",
    "cabinet",
    "transformer",
    "generator",
    "helmet",
    "crane",
    "filter",
    "alarm",
    "tone",
    "oil",
    "sample",
    "turbine",
    "acid",
    "panel",
    "permit",
    "press",
    "load",
    "battery",
    "chimney",
    "sensor",
    "dryer",
    "seal",
    "air",
    "basin",
    "drain",
    "belt",
    "paint",
    "hull",
    "mixer",
    "batch",
    "compressor",
    "meter",
    "key",
    "furnace",
    "brick",
    "gearbox",
    "sprinkler",
    "robot",
    "light",
    "sludge",
    "tower",
    "lamp",
    "lift",
    "cable",
    "tunnel",
    "camera",
    "vacuum",
    "water",
    "hour",
    "data",
    "logger",
    "roof",
    "snow",
    "flange",
    "tool",
    "silo",
    "gate",
    "glove",
    "solvent",
    "radio",
    "channel",
    "scale",
    "steam",
    "trap",
    "column",
    "backup",
    "recipe",
]
VERBS = [
    "is checked",
    "is described",
    "is shown",
    "is mounted",
    "is listed",
    "is adjusted",
    "is numbered",
    "is documented",
]
PLACES = ["in the table of parts", "in figure {n}", "on sheet {n}", "beside unit {n}", "in hall {n}", "in section {n}"]


def pages() -> list[str]:
    """Return the pages: many sentences about the same things, and on every sixth page a fact among them."""
    dice = random.Random(50)
    facts = iter(FACTS)
    found = []
    for number in range(PAGES):
        paragraphs = [" ".join(_sentence(dice) for _ in range(5)) for _ in range(PARAGRAPHS)]
        if number % 6 == 3:
            paragraphs.insert(dice.randrange(PARAGRAPHS), next(facts)[0])
        found.append("\n\n".join(paragraphs))
    return found


def _sentence(dice: random.Random) -> str:
    first, second, third = dice.sample(NOUNS, 3)
    place = dice.choice(PLACES).format(n=dice.randint(1, 90))
    return f"The {first} of the {second} {dice.choice(VERBS)} {place}, together with the {third}."
