"""The pieces of a fault run are tested by themselves; the run is driver.py."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "end-to-end"), str(HERE.parent / "monitoring")]
