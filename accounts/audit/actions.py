"""What the ledger has words for: the name of each action, how it is told, and what it belongs to."""

GROUPS = {
    "coming and going": {
        "sign_up": "signed up",
        "sign_in": "signed in",
        "sign_in.failed": "failed to sign in",
        "sign_in.ended": "had a sign-in ended",
        "sign_out": "signed out",
        "sign_out.everywhere": "signed out everywhere",
        "refresh.reused": "used a refresh token a second time",
    },
    "passwords": {
        "password.wrong": "gave a wrong current password",
        "password.changed": "changed a password",
        "password.reset_asked": "asked for a link to a new password",
    },
    "second step": {
        "factor.added": "added a second step to signing in",
        "factor.removed": "removed a second step of signing in",
        "factor.recovery_used": "used a recovery code",
        "factor.wrong": "gave a wrong code or passkey",
    },
    "keys": {
        "key.made": "made an API key",
        "key.used": "used an API key, for the first time that day",
        "key.revoked": "revoked an API key",
    },
    "accounts": {
        "email.changed": "changed an e-mail address",
        "person.disabled": "disabled an account",
        "person.deleted": "deleted an account and all that was theirs",
    },
    "conversations": {
        "conversation.changed": "changed a conversation",
        "conversation.deleted": "deleted a conversation",
        "conversation.restored": "undid the deletion of a conversation",
        "conversation.purged": "removed a deleted conversation for good",
        "conversation.exported": "took a conversation along as a file",
        "everything.exported": "took everything along that was theirs",
        "conversations.imported": "brought in conversations from a file",
        "link.made": "made a link by which others can read a conversation",
        "link.revoked": "revoked a link to a conversation",
        "tool.allowed": "allowed a tool that asks first to run",
        "tool.refused": "refused a tool that asks first",
    },
    "reading by staff": {
        "text.opened": "gave a reason to read a conversation",
        "text.read": "read a conversation",
        "text.refused": "was refused to read a conversation",
    },
    "administration": {
        "admin.searched": "searched in the administration",
        "admin.added": "added something in the administration",
        "admin.changed": "changed something in the administration",
        "admin.deleted": "deleted something in the administration",
        "job.tried_again": "had a background job tried again",
        "ledger.exported": "exported entries of this ledger",
    },
    "housekeeping": {"purge": "removed what had expired"},
}
ACTIONS = {action: words for group in GROUPS.values() for action, words in group.items()}
