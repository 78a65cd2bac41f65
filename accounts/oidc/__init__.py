"""The sign-in of one's organisation by OpenID Connect: the way there and back, who is believed, who is let in."""
