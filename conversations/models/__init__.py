from .attachment import Attachment, Discarded, DrawnPage, Passage, PassageIndex, PassageVector, StoredFile
from .calibration import Calibration
from .conversation import Conversation
from .digest import ContextDigest
from .feedback import Feedback
from .figures import DailyFigure, DailyUsage
from .job import Job
from .message import Message
from .moderation import DecisionTemplate, DryRun, Flag, FlagNote, ModerationRule, Redaction
from .preset import Preset
from .price import ModelPrice
from .profile import ModelProfile
from .pull import ModelPull
from .quota import Quota
from .reading import ReadingGrant
from .retention import LegalHold, RetentionPolicy
from .search import SearchEntry
from .share import ShareLink
from .summary import Summary
from .tag import Tag
from .turn import Mode, Turn
from .usage import UsageEntry

__all__ = [
    "Attachment",
    "Calibration",
    "ContextDigest",
    "Conversation",
    "DecisionTemplate",
    "DailyFigure",
    "DailyUsage",
    "Discarded",
    "DrawnPage",
    "DryRun",
    "Feedback",
    "Flag",
    "FlagNote",
    "Job",
    "LegalHold",
    "Message",
    "Mode",
    "ModerationRule",
    "ModelPrice",
    "ModelProfile",
    "ModelPull",
    "Passage",
    "PassageIndex",
    "PassageVector",
    "Preset",
    "Quota",
    "ReadingGrant",
    "Redaction",
    "RetentionPolicy",
    "SearchEntry",
    "ShareLink",
    "StoredFile",
    "Summary",
    "Tag",
    "Turn",
    "UsageEntry",
]
