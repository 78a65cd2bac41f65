"""What the ledger has words for: the name of each action, and how it is told."""

ACTIONS = {
    # Coming and going
    "sign_up": "signed up",
    "sign_in": "signed in",
    "sign_in.failed": "failed to sign in",
    "sign_in.ended": "had a sign-in ended",
    "sign_out": "signed out",
    "sign_out.everywhere": "signed out everywhere",
    "password.wrong": "gave a wrong current password",
    "password.changed": "changed a password",
    "password.reset_asked": "asked for a link to a new password",
    "refresh.reused": "used a refresh token a second time",
    # Keys
    "key.made": "made an API key",
    "key.used": "used an API key, for the first time that day",
    "key.revoked": "revoked an API key",
    # Accounts
    "person.disabled": "disabled an account",
    "person.deleted": "deleted an account and all that was theirs",
    # Conversations
    "conversation.changed": "changed a conversation",
    "conversation.deleted": "deleted a conversation",
    # Staff
    "text.opened": "gave a reason to read a conversation",
    "text.read": "read a conversation",
    "text.refused": "was refused to read a conversation",
    "admin.searched": "searched in the administration",
    "admin.added": "added something in the administration",
    "admin.changed": "changed something in the administration",
    "admin.deleted": "deleted something in the administration",
    "job.tried_again": "had a background job tried again",
    "ledger.exported": "exported entries of this ledger",
    # Housekeeping
    "purge": "removed what had expired",
}
