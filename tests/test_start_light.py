"""What few people need takes no memory before it is needed."""

import subprocess
import sys

SELDOM_NEEDED = {"PIL", "docx", "genai_prices", "mcp", "ollama", "openai", "pypdf", "qrcode", "typst"}
PROGRAM = """
import os, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "chatsite.settings"
django.setup()
import chatsite.urls
print(*sys.modules)
"""


def test_what_is_seldom_needed_is_not_loaded_at_the_start():
    settings = {"OPENAI_BASE_URL": "", "OLLAMA_BASE_URL": ""}
    loaded = subprocess.run([sys.executable, "-c", PROGRAM], env=settings, check=True, capture_output=True, text=True)
    assert "django" in loaded.stdout.split()
    assert SELDOM_NEEDED & set(loaded.stdout.split()) == set()
