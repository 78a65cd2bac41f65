"""`manage.py doctor`: what is wrong with this installation, and what helps."""

import json
import sys

from django.core.management.base import BaseCommand

from chatsite import doctor
from chatsite.doctor import Severity

# By the worst finding.
CODES = {Severity.ERROR: 2, Severity.WARNING: 1, Severity.NOTE: 0}


class Command(BaseCommand):
    help = "Look at settings, services, rows, files and jobs; exit code 2 if there is an error, 1 if a warning."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
        parser.add_argument("--only", nargs="+", choices=doctor.CHECKS, help="only these checks")

    def handle(self, *, only: list[str] | None, **options):
        findings = []
        for check, finding in doctor.examine(only):
            findings.append(finding)
            if not options["json"]:
                self.stdout.write(f"{finding.severity.upper():8} {check}: {finding.what}\n{'':9}{finding.fix}")
        code = max((CODES[finding.severity] for finding in findings), default=0)
        if options["json"]:
            told = [
                {"severity": each.severity, "code": each.code, "what": each.what, "fix": each.fix} for each in findings
            ]
            self.stdout.write(json.dumps({"exit_code": code, "findings": told}, indent=2))
        elif not findings:
            self.stdout.write("Nothing is wrong.")
        if code:
            sys.exit(code)
