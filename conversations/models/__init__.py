from .attachment import Attachment, Discarded, DrawnPage, Passage, PassageIndex, StoredFile
from .conversation import Conversation
from .message import Message
from .price import ModelPrice
from .quota import Quota
from .search import SearchEntry
from .turn import Turn
from .usage import UsageEntry

__all__ = [
    "Attachment",
    "Conversation",
    "Discarded",
    "DrawnPage",
    "Message",
    "ModelPrice",
    "Passage",
    "PassageIndex",
    "Quota",
    "SearchEntry",
    "StoredFile",
    "Turn",
    "UsageEntry",
]
