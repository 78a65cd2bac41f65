"""What tools are called for people."""

LABELS = {
    "calculate": "Calculation",
    "get_all_sessions": "Your chats",
    "get_current_time": "Time",
    "get_session_stats": "This chat in figures",
    "get_weather": "Weather",
    "search_chat_history": "Search in your chats",
    "search_documents": "Search in your files",
}


def label(name: str) -> str:
    """Return what a tool is called for people, else the names of its server and its own."""
    return LABELS.get(name) or name.replace("__", ": ", 1)
