"""A message to a model without tools: which function it asks for, in four languages, and that most ask for none."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.functions import calculator, clock, weather
from llm.functions.expressions import evaluate
from llm.functions.likely import likely_call
from llm.functions.likely.message import LONGEST_MESSAGE
from llm.functions.likely.phrases import phrases
from llm.schema import problems

# The function's name, or with its one argument, or all of them.
ASKED: list[tuple[str, Any]] = [
    # This conversation, in English
    ("How many messages have I sent?", "get_session_stats"),
    ("how many messages did I send so far", "get_session_stats"),
    ("How many questions have I asked you in this chat?", "get_session_stats"),
    ("how many messages have we exchanged", "get_session_stats"),
    ("Can you tell me how many messages I've sent so far?", "get_session_stats"),
    ("how many messages are there in this conversation?", "get_session_stats"),
    ("how many tokens have I used in this session?", "get_session_stats"),
    ("how long have we been talking", "get_session_stats"),
    ("Hey, how long have we been chatting?", "get_session_stats"),
    ("How long has this conversation lasted?", "get_session_stats"),
    ("When did this chat start?", "get_session_stats"),
    ("when did we start talking?", "get_session_stats"),
    ("Show me the session statistics, please.", "get_session_stats"),
    ("show stats for this chat", "get_session_stats"),
    # In German
    ("Wie viele Nachrichten habe ich geschickt?", "get_session_stats"),
    ("wieviele nachrichten hab ich dir bisher geschrieben", "get_session_stats"),
    ("Wie viele Fragen habe ich in diesem Chat schon gestellt?", "get_session_stats"),
    ("Kannst du mir sagen, wie viele Nachrichten ich bisher geschickt habe?", "get_session_stats"),
    ("Wie lange reden wir schon miteinander?", "get_session_stats"),
    ("Wie lange unterhalten wir uns schon?", "get_session_stats"),
    ("Seit wann läuft dieser Chat?", "get_session_stats"),
    ("Wann hat dieses Gespräch begonnen?", "get_session_stats"),
    ("Zeig mir bitte die Statistik zu diesem Chat", "get_session_stats"),
    # In French
    ("Combien de messages ai-je envoyés ?", "get_session_stats"),
    ("combien de messages est-ce que j'ai écrits jusqu'ici", "get_session_stats"),
    ("Combien de messages avons-nous échangés dans cette conversation ?", "get_session_stats"),
    ("Depuis combien de temps parlons-nous ?", "get_session_stats"),
    ("Depuis combien de temps est-ce qu'on discute ?", "get_session_stats"),
    ("Quand cette conversation a-t-elle commencé ?", "get_session_stats"),
    ("Montre-moi les statistiques de cette session", "get_session_stats"),
    # In Spanish
    ("¿Cuántos mensajes he enviado?", "get_session_stats"),
    ("cuantos mensajes te he escrito hasta ahora", "get_session_stats"),
    ("¿Cuántas preguntas te he hecho en esta conversación?", "get_session_stats"),
    ("¿Cuánto tiempo llevamos hablando?", "get_session_stats"),
    ("¿Desde cuándo estamos hablando?", "get_session_stats"),
    ("¿Cuándo empezó esta conversación?", "get_session_stats"),
    ("Muéstrame las estadísticas de esta sesión", "get_session_stats"),
    # What was said, in English
    ("Did I mention Python?", ("search_chat_history", "Python")),
    ("Did I ever mention my allergy to nuts?", ("search_chat_history", "my allergy to nuts")),
    ("what did I say about the trip", ("search_chat_history", "trip")),
    ("What did we decide about the new logo last week?", ("search_chat_history", "new logo")),
    ("when did we talk about invoices", ("search_chat_history", "invoices")),
    ("When did we last discuss the budget?", ("search_chat_history", "budget")),
    ("Have we talked about Kubernetes before?", ("search_chat_history", "Kubernetes")),
    ("have I told you about Anna already?", ("search_chat_history", "Anna")),
    ("Did I tell you anything about the merger?", ("search_chat_history", "merger")),
    ("Search my previous chats for “tax return”.", ("search_chat_history", "tax return")),
    ("find the conversation where we talked about sourdough", ("search_chat_history", "sourdough")),
    ("look for recipes in my old conversations", ("search_chat_history", "recipes")),
    ("Please search our chat history for São Paulo", ("search_chat_history", "São Paulo")),
    # In German
    ("Habe ich Python erwähnt?", ("search_chat_history", "Python")),
    ("Hab ich schon mal meine Katze erwähnt?", ("search_chat_history", "meine Katze")),
    ("Was habe ich über die Reise gesagt?", ("search_chat_history", "Reise")),
    ("Was haben wir zum Budget beschlossen?", ("search_chat_history", "Budget")),
    ("Wann haben wir über Rechnungen gesprochen?", ("search_chat_history", "Rechnungen")),
    ("Haben wir schon mal über Kubernetes geredet?", ("search_chat_history", "Kubernetes")),
    ("Durchsuche meine Chats nach Müller", ("search_chat_history", "Müller")),
    ("Suche bitte in meinen alten Unterhaltungen nach Steuern", ("search_chat_history", "Steuern")),
    # In French
    ("Ai-je mentionné Python ?", ("search_chat_history", "Python")),
    ("Ai-je déjà parlé du voyage ?", ("search_chat_history", "voyage")),
    ("Qu'ai-je dit sur le budget ?", ("search_chat_history", "budget")),
    ("Qu’est-ce que j’ai dit à propos de l'école ?", ("search_chat_history", "école")),
    ("Quand avons-nous parlé des factures ?", ("search_chat_history", "factures")),
    ("J'ai déjà parlé de Kubernetes ?", ("search_chat_history", "Kubernetes")),
    ("Cherche « impôts » dans mes conversations", ("search_chat_history", "impôts")),
    # In Spanish
    ("¿He mencionado Python?", ("search_chat_history", "Python")),
    ("¿Hemos hablado alguna vez de Kubernetes?", ("search_chat_history", "Kubernetes")),
    ("¿Hemos hablado de Kubernetes?", ("search_chat_history", "Kubernetes")),
    ("¿Qué dije sobre el viaje?", ("search_chat_history", "viaje")),
    ("¿Qué decidimos sobre el presupuesto?", ("search_chat_history", "presupuesto")),
    ("¿Cuándo hablamos de las facturas?", ("search_chat_history", "facturas")),
    ("¿Cuándo fue la última vez que hablamos de Ana?", ("search_chat_history", "Ana")),
    ("Busca impuestos en mis conversaciones", ("search_chat_history", "impuestos")),
    # Which conversations there are
    ("Show my previous chats", "get_all_sessions"),
    ("list my conversations", "get_all_sessions"),
    ("Show me all of my past conversations, please", "get_all_sessions"),
    ("Can you list all my chats?", "get_all_sessions"),
    ("What are my recent conversations?", "get_all_sessions"),
    ("show my chat history", "get_all_sessions"),
    ("which conversations have we had?", "get_all_sessions"),
    ("how many chats do I have?", "get_all_sessions"),
    ("Zeig mir meine bisherigen Chats", "get_all_sessions"),
    ("Liste alle meine Unterhaltungen auf", "get_all_sessions"),
    ("Kannst du mir meine alten Gespräche zeigen?", "get_all_sessions"),
    ("Welche Chats habe ich bisher geführt?", "get_all_sessions"),
    ("Montre-moi mes anciennes conversations", "get_all_sessions"),
    ("Affiche toutes mes conversations précédentes", "get_all_sessions"),
    ("Quelles sont mes dernières discussions ?", "get_all_sessions"),
    ("Muéstrame mis conversaciones anteriores", "get_all_sessions"),
    ("Lista todos mis chats", "get_all_sessions"),
    ("¿Qué conversaciones tengo?", "get_all_sessions"),
    # The time
    ("what time is it", "get_current_time"),
    ("What's the time right now?", "get_current_time"),
    ("what time is it in Tokyo", ("get_current_time", "Asia/Tokyo")),
    ("What's the current time in New York?", ("get_current_time", "America/New_York")),
    ("Can you tell me what time it is in London, please?", ("get_current_time", "Europe/London")),
    ("time in são paulo", ("get_current_time", "America/Sao_Paulo")),
    ("what's the date today", "get_current_time"),
    ("What day is it today?", "get_current_time"),
    ("What is today's date?", "get_current_time"),
    ("which year is it?", "get_current_time"),
    ("Wie spät ist es?", "get_current_time"),
    ("Wie viel Uhr ist es in Tokio?", ("get_current_time", "Asia/Tokyo")),
    ("Wie spät ist es gerade in Moskau?", ("get_current_time", "Europe/Moscow")),
    ("Welcher Tag ist heute?", "get_current_time"),
    ("Den Wievielten haben wir heute?", "get_current_time"),
    ("Welches Datum haben wir heute?", "get_current_time"),
    ("Quelle heure est-il ?", "get_current_time"),
    ("Quelle heure est-il à Londres ?", ("get_current_time", "Europe/London")),
    ("Il est quelle heure maintenant au Japon ?", ("get_current_time", "Asia/Tokyo")),
    ("Quel jour sommes-nous ?", "get_current_time"),
    ("Quelle est la date d'aujourd'hui ?", "get_current_time"),
    ("¿Qué hora es?", "get_current_time"),
    ("¿Qué hora es en Ciudad de México?", ("get_current_time", "America/Mexico_City")),
    ("Oye, ¿qué día es hoy?", "get_current_time"),
    ("¿A qué fecha estamos?", "get_current_time"),
    # The weather
    ("weather in Oslo tomorrow", ("get_weather", "Oslo")),
    ("What's the weather like in Paris?", ("get_weather", "Paris")),
    ("How's the weather in New York right now?", ("get_weather", "New York")),
    ("what will the weather be like in Rome on Friday?", ("get_weather", {"place": "Rome", "days": 7})),
    ("Weather forecast for Los Angeles this weekend", ("get_weather", {"place": "Los Angeles", "days": 7})),
    ("the current weather in Paris, Texas", ("get_weather", "Paris, Texas")),
    ("Will it rain in Hamburg tomorrow?", ("get_weather", "Hamburg")),
    ("Is it going to snow in Tromsø over the next 3 days?", ("get_weather", {"place": "Tromsø", "days": 7})),
    ("how cold is it in Winnipeg", ("get_weather", "Winnipeg")),
    ("what's the temperature in Saint-Étienne today?", ("get_weather", "Saint-Étienne")),
    ("Do I need an umbrella in the Hague tonight?", ("get_weather", "the Hague")),
    ("Wie ist das Wetter in Berlin?", ("get_weather", "Berlin")),
    ("Wie wird das Wetter morgen in München?", ("get_weather", "München")),
    ("Wetter in Zürich am Wochenende", ("get_weather", {"place": "Zürich", "days": 7})),
    ("Wetterbericht für Wien", ("get_weather", "Wien")),
    ("Regnet es gerade in Köln?", ("get_weather", "Köln")),
    ("Wird es morgen in Graz regnen?", ("get_weather", "Graz")),
    ("Brauche ich heute in Hamburg einen Regenschirm?", ("get_weather", "Hamburg")),
    ("Quel temps fait-il à Lyon ?", ("get_weather", "Lyon")),
    ("Quel temps fera-t-il demain à Marseille ?", ("get_weather", "Marseille")),
    ("météo à La Rochelle demain", ("get_weather", "La Rochelle")),
    ("Est-ce qu'il pleut à Brest ?", ("get_weather", "Brest")),
    ("Quelle température fait-il à Genève ?", ("get_weather", "Genève")),
    ("¿Qué tiempo hace en Madrid?", ("get_weather", "Madrid")),
    ("¿Cómo está el clima en La Habana hoy?", ("get_weather", "La Habana")),
    ("¿Va a llover mañana en Bilbao?", ("get_weather", "Bilbao")),
    ("pronóstico del tiempo para Sevilla esta semana", ("get_weather", {"place": "Sevilla", "days": 7})),
    ("¿Hace frío en Ávila?", ("get_weather", "Ávila")),
    ("weather in Mexico City", ("get_weather", "Mexico City")),
    ("Weather in St. Louis, thanks!", ("get_weather", "St. Louis")),
    ("¿Qué tiempo hace en Ciudad de México?", ("get_weather", "Ciudad de México")),
    # A calculation
    ("what is 12*7+3", ("calculate", "12*7+3")),
    ("15 % of 80", ("calculate", "15 % of 80")),
    ("What's 15% of 249.90?", ("calculate", "15 % of 249.90")),
    ("What does 3 + 4 equal?", ("calculate", "3 + 4")),
    ("Rechne 12 * 7 aus", ("calculate", "12 * 7")),
    ("12 * 7 + 3 =", ("calculate", "12 * 7 + 3")),
    ("calculate (3 + 4) ^ 2", ("calculate", "(3 + 4) ^ 2")),
    ("How much is 1,234 * 5?", ("calculate", "1234 * 5")),
    ("what is 12 times 7?", ("calculate", "12 * 7")),
    ("What is 100 divided by 8", ("calculate", "100 / 8")),
    ("what's the square root of 144", ("calculate", "sqrt(144)")),
    ("calculate the square root of 144", ("calculate", "sqrt(144)")),
    ("what is sqrt(2) * 3?", ("calculate", "sqrt(2) * 3")),
    ("2 to the power of 16", ("calculate", "2 ** 16")),
    ("0.1 + 0.2", ("calculate", "0.1 + 0.2")),
    ("what is 84/7?", ("calculate", "84/7")),
    ("Calculate 24/7", ("calculate", "24/7")),
    ("7 × 8?", ("calculate", "7 × 8")),
    ("Was ist 12 mal 7?", ("calculate", "12 * 7")),
    ("Wie viel ist 3,5 * 4?", ("calculate", "3.5 * 4")),
    ("Berechne 19 Prozent von 250", ("calculate", "19 % of 250")),
    ("Wie viel sind 100 geteilt durch 8?", ("calculate", "100 / 8")),
    ("Combien font 12 fois 7 ?", ("calculate", "12 * 7")),
    ("Calcule 3,5 + 1,25", ("calculate", "3.5 + 1.25")),
    ("combien fait 20 pour cent de 80", ("calculate", "20 % of 80")),
    ("¿Cuánto es 12 por 7?", ("calculate", "12 * 7")),
    ("Calcula 2^10", ("calculate", "2^10")),
    ("cuánto es 15 por ciento de 80", ("calculate", "15 % of 80")),
]
ONE_ARGUMENT = {
    "search_chat_history": "query",
    "get_current_time": "timezone",
    "get_weather": "place",
    "calculate": "expression",
}

NOT_ASKED = [
    "",
    "?",
    "Hello!",
    "Thanks, that was helpful.",
    "ok",
    # Near a conversation's statistics
    "How many messages can I send per day?",
    "How many messages have I sent to Bob?",
    "How many messages does Slack keep?",
    "how many messages did Lincoln send during the war?",
    "How many messages fit in a Kafka batch?",
    "How long have we been at war with nature?",
    "how long have humans been talking",
    "How long does a session cookie last?",
    "Write a function that counts how many messages I have sent",
    "When did the conversation about climate change start?",
    "When did we start farming?",
    "Show me how to compute statistics",
    "explain session statistics in Google Analytics",
    "How many tokens does GPT use?",
    "Wie viele Nachrichten verschickt WhatsApp am Tag?",
    "Wie viele Nachrichten habe ich Anna geschickt?",
    "Wie lange reden Babys schon?",
    "Wie lange dauert ein Gespräch mit dem Chef?",
    "Combien de messages peut-on envoyer par jour ?",
    "Combien de messages ai-je envoyés à Paul ?",
    "Depuis combien de temps parle-t-on français au Québec ?",
    "¿Cuántos mensajes puedo enviar al día?",
    "¿Cuánto tiempo llevamos en la Unión Europea?",
    # Near a search
    "Did I mention that I love Python?",
    "Did I mention how great you are?",
    "Did I mention it?",
    "Did Einstein mention quantum mechanics?",
    "Did he mention Python?",
    "What did Einstein say about God?",
    "What did you say?",
    "What did I say?",
    "what did I do wrong",
    "What did I write on the board?",
    "When did we land on the moon?",
    "When did the Romans talk about taxes?",
    "Let's talk about invoices",
    "Can we talk about Python?",
    "I want to talk about my trip",
    "Search the web for Python tutorials",
    "Search for a good restaurant",
    "Find the bug in my code",
    "Find the longest word in this sentence",
    "find all messages in the Kafka topic",
    "How do I search my chat history in WhatsApp?",
    "Did I mention Python? If not: I like it.",
    "Translate: Did I mention Python?",
    'What does "did I mention Python" mean?',
    "Habe ich Recht?",
    "Was hat Goethe über Italien gesagt?",
    "Was haben wir gelernt?",
    "Lass uns über Python reden",
    "Ich habe über Python geschrieben",
    "J'ai déjà parlé de Python avec mon chef.",
    "Parlons de Python",
    "Qu'a dit Voltaire sur la tolérance ?",
    "Cherche un restaurant à Paris",
    "He mencionado Python en mi currículum.",
    "Hablemos de Python",
    "¿Qué dijo Cervantes sobre la libertad?",
    "Busca un hotel en Madrid",
    # Near a list of conversations
    "Show my previous chats in a React sidebar",
    "List my conversations endpoint in REST",
    "How do I delete my conversations?",
    "Delete my conversations",
    "What are good conversations?",
    "list conversations between Plato and Socrates",
    "show me a conversation in French",
    "Show me the last session of parliament",
    "Write a page that lists my previous chats",
    "Zeig mir einen Chat auf Deutsch",
    "Wie lösche ich meine Chats?",
    "Montre-moi une conversation en anglais",
    "Comment supprimer mes conversations ?",
    "Muéstrame una conversación en inglés",
    "¿Cómo borro mis chats?",
    # Near the time
    "time complexity of quicksort",
    "What is time?",
    "What is the time complexity of quicksort?",
    "what time is dinner",
    "What time does the train leave?",
    "What is the best time to visit Tokyo?",
    "what's the date of the French revolution",
    "What day is Christmas?",
    "what day was 4 July 1776",
    "time in Python",
    "What time is it in the novel?",
    "What time is it on Mars?",
    "convert the time in New York to Tokyo time",
    "what date format should I use",
    "How do I get the current time in JavaScript?",
    "date",
    "time",
    "It is time",
    "long time no see",
    "What is the current timestamp column for?",
    "Wie spät kam der Zug?",
    "Um wie viel Uhr fährt der Zug?",
    "Welcher Tag passt dir?",
    "À quelle heure part le train ?",
    "Quel jour part le train ?",
    "¿A qué hora sale el tren?",
    "¿Qué día sale el tren?",
    # Near the weather
    "My weather app shows an error",
    "weather",
    "What's the weather?",
    "What's the weather like today?",
    "How does weather work?",
    "write a poem about the weather in Oslo",
    "Explain the weather in Oslo",
    "weather in July",
    "weather in May",
    "weather in video games",
    "What is the weather like in winter?",
    "What's the weather like here?",
    "What was the weather in Oslo yesterday?",
    "weather in Oslo last year",
    "What is the weather in Oslo in January?",
    "What's the weather in my city?",
    "weather API in Python",
    "What is the temperature in Celsius?",
    "What is the temperature in the sun?",
    "Which clothes suit the weather in Bergen?",
    "Is it cold in space?",
    "What's the weather in French?",
    "weather in Minecraft",
    "forecast for next quarter",
    "forecast for sales",
    "What is the temperature for baking bread?",
    "weather for farmers",
    "weather in Unreal Engine",
    "Will it rain?",
    "Compare the weather in Oslo and Bergen",
    "What's the weather in Oslo and Bergen?",
    "Ask about the weather in Oslo",
    "It rains in Hamburg",
    "Wie ist das Wetter?",
    "Wie war das Wetter gestern in Berlin?",
    "Wie ist das Wetter im Sommer?",
    "Schreibe ein Gedicht über das Wetter in Berlin",
    "Meine Wetter-App zeigt einen Fehler",
    "Quel temps utiliser après « si » ?",
    "Quel temps faisait-il hier à Lyon ?",
    "Quel temps fait-il ici ?",
    "La météo de mon application ne marche pas",
    "Hace frío en Madrid.",
    "¿Qué tiempo verbal uso en español?",
    "¿Qué tiempo hizo ayer en Madrid?",
    "¿Cómo funciona el clima?",
    "el tiempo de espera",
    "el clima de negocios",
    "Wetter in Spielen",
    "La température de cuisson",
    # Near a calculation
    "write a calculator",
    "explain what 2+2 means",
    "What is 42?",
    "what is 5G",
    "What is C++?",
    "What is 2x + 3 = 7?",
    "What is 24/7?",
    "what is 9/11?",
    "What is 50/50",
    "What is 2024-05-01?",
    "what is 555-1234",
    "2019-2024",
    "10-20",
    "3/4",
    "1.2.3",
    "+49 30 123456",
    "192.168.0.1",
    "192.168.0.0/16",
    "what is 1+1 in binary",
    "Why is 0.1 + 0.2 not 0.3?",
    "what is 0.1 + 0.2 in JavaScript",
    "what is 1920x1080",
    "What is 3-2-1 backup?",
    "What is 1/0?",
    "calculate the area of a circle",
    "Calculate my taxes",
    "How much is the fish?",
    "how much is 100 dollars in euros",
    "20% off",
    "What is 100 + 10%?",
    "what is 9**9**9",
    "is 2 + 2 = 5?",
    "print(1 + 2)",
    "x = 3 + 4",
    "a + b",
    "- item 1\n- item 2",
    "C-3PO + R2-D2",
    "E=mc^2",
    "Was ist 5G?",
    "Was ist 1.234 * 2?",
    "Was bedeutet 2+2=5 bei Orwell?",
    "Wie viel ist ein Pfund?",
    "Schreibe einen Taschenrechner",
    "Combien font les impôts ?",
    "Qu'est-ce que 49.3 ?",
    "Écris une calculatrice",
    "¿Cuánto es un kilo?",
    "Escribe una calculadora",
    "¿Qué es el 15-M?",
]


@pytest.mark.parametrize(("text", "expected"), ASKED, ids=[text for text, _ in ASKED])
def test_it_is_seen_what_is_asked(text, expected):
    name, wanted = expected if isinstance(expected, tuple) else (expected, {})
    call = likely_call(text)
    assert call is not None
    assert (call.name, call.arguments) == (name, wanted if isinstance(wanted, dict) else {ONE_ARGUMENT[name]: wanted})


@pytest.mark.parametrize("text", NOT_ASKED)
def test_nothing_is_asked(text):
    assert likely_call(text) is None


def test_there_are_enough_messages_of_both_kinds():
    assert len({text for text, _ in ASKED}) >= 120
    assert len(set(NOT_ASKED)) >= 120


def test_what_is_quoted_told_or_continued_asks_nothing():
    """A message that holds a question is not the question."""
    for text, _ in ASKED:
        for other in (
            f"Translate into Finnish: {text}",
            f'He said "{text}"',
            f"{text.rstrip('.!?')}. Write a poem about it.",
            f"> {text}",
        ):
            assert likely_call(other) is None, other


def test_case_spaces_and_apostrophes_make_no_difference():
    for text, _ in ASKED:
        call = likely_call(text)
        assert call is not None
        for other in (
            f"  {text}\n",
            text.replace(" ", "\u00a0"),
            text.replace("'", "’"),
            text.upper().replace("ẞ", "ß"),
        ):
            if "ß" in text or "SS" in other:
                continue
            again = likely_call(other)
            assert again is not None, other
            assert again.name == call.name
            assert [str(value).casefold() for value in again.arguments.values()] == [
                str(value).casefold() for value in call.arguments.values()
            ]


def test_the_arguments_fit_the_tools():
    tools = {tool.name: tool for tool in (calculator(), clock(), weather())}
    seen = set()
    for text, _ in ASKED:
        call = likely_call(text)
        assert call is not None
        if call.name in tools:
            seen.add(call.name)
            assert problems(call.arguments, schema=tools[call.name].parameters) == []
        if call.name == "calculate":
            evaluate(call.arguments["expression"])
    assert seen == set(tools)


def test_every_call_has_its_own_id():
    first, second = likely_call("what time is it"), likely_call("what time is it")
    assert first and second and first.id != second.id


def test_a_long_message_is_never_one_question():
    assert likely_call("Did I mention " + "x" * 60 + "?")
    assert likely_call("Did I mention " + "x" * LONGEST_MESSAGE + "?") is None


def test_it_takes_less_than_a_millisecond():
    texts = [text for text, _ in ASKED] + NOT_ASKED
    for text in texts:
        likely_call(text)
    began = time.process_time()
    for text in texts:
        likely_call(text)
    assert (time.process_time() - began) / len(texts) < 0.001


BRICKS = [
    "a ",
    "did i mention ",
    "12*",
    "what is ",
    "weather in ",
    "1+",
    "(",
    "please ",
    "? ",
    "is ",
    ", ",
    "' ",
    "de ",
    "in a ",
]
STARTS = ["", "did I mention ", "weather in ", "what is ", "habe ich ", "what did I say about ", "suche ", "calculate "]


@pytest.mark.parametrize("start", STARTS)
def test_the_worst_message_takes_little_more(start):
    for brick in BRICKS:
        text = (start + brick * LONGEST_MESSAGE)[:LONGEST_MESSAGE]
        began = time.process_time()
        for _ in range(5):
            likely_call(text)
        assert (time.process_time() - began) / 5 < 0.004, brick


@given(st.text(max_size=LONGEST_MESSAGE + 10))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_without_harm(text):
    likely_call(text)


@pytest.mark.parametrize(
    ("lines", "said", "not_said"),
    [
        ("a [b] c", ["a c", "a b c"], ["ac", "a bc", "a  c"]),
        ("[a] b", ["b", "a b"], [" b", "ab"]),
        ("[a] [b] c", ["c", "a c", "b c", "a b c"], ["a  c"]),
        ("a[b]", ["a", "ab"], ["a b"]),
        ("a [b|c]*", ["a", "a b c b"], ["a b c b c b"]),
        ("a (b|[c] d)", ["a b", "a d", "a c d"], ["a c"]),
        ("a [b [c]]", ["a", "a b", "a b c"], ["a c"]),
        ("<x> b", ["1 b", "2 b"], ["x b"]),
        ("a\n b", ["a", "b"], ["a b"]),
        ("<y> e", ["c e", "d e"], ["c", "c d e"]),
    ],
)
def test_phrases_are_read_as_they_are_written(lines, said, not_said):
    pattern = phrases(lines, x="(<one>|2)", one="1", y="c\nd")
    assert all(pattern.fullmatch(text) for text in said)
    assert not any(pattern.fullmatch(text) for text in not_said)
