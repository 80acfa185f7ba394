"""The app with the scripted grader, for the browser tests: `streamlit run tests/ui/scripted_app.py` in the repository."""

import runpy
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY))

from tests.ui.scripted import ScriptedGrader  # noqa: E402
from ui import services  # noqa: E402

services.grader = ScriptedGrader
runpy.run_path(str(REPOSITORY / "app.py"))
