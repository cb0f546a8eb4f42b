"""pdflatex: a document must compile as it is, without a warning and without a line too long."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.support.oracles.needs import require

_COMPLAINT = re.compile(r"^!.*|.*Warning.*|Overfull.*|Underfull.*|.*Missing character.*", re.M)


def complaints(document: str, folder: Path, *, runs: int = 1) -> list[str]:
    """Compile a document and return what pdflatex complains of: errors, warnings, bad boxes.

    What refers to labels knows them in the second run only.
    """
    require(
        "latex",
        shutil.which("pdflatex") is not None,
        "pdflatex (texlive-latex-recommended, lmodern)",
    )
    (folder / "document.tex").write_text(document)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    for _ in range(runs):
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
    output = done.stdout.decode(errors="replace")
    found = _COMPLAINT.findall(output)
    assert found or (done.returncode == 0 and (folder / "document.pdf").exists()), output[-2000:]
    return found
