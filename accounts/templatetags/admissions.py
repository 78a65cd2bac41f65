"""What the first page of the admin says about people who wait."""

from django import template

from .. import approvals

register = template.Library()


@register.simple_tag
def waiting_for_approval(user) -> int:
    """Return how many sign-ups wait for a decision; 0 for whoever may not see them."""
    return approvals.waiting() if user.has_perm("accounts.view_signuprequest") else 0
