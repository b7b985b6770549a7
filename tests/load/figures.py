"""What was measured: figures beside limits, as a table and as a document."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table. A goal is one of "ratio" or "figure", a comparison and a number; what
    has none stands there for orientation."""

    row: str
    what: str
    figure: float
    unit: str
    # What it is held against, measured in the same run; none where the goal is a plain number.
    limit: float | None = None
    limit_unit: str = ""
    goal: tuple | None = None
    # How ratio is made of figure and limit.
    inverse: bool = False

    @property
    def ratio(self):
        """The figure in parts of the limit; None without a limit that is not zero."""
        if not self.limit:
            return None
        return self.limit / self.figure if self.inverse else self.figure / self.limit

    @property
    def met(self):
        """None without a goal."""
        if self.goal is None:
            return None
        of, comparison, bound = self.goal
        value = self.ratio if of == "ratio" else self.figure
        if comparison == "≥":
            return value >= bound
        if comparison == "<":
            return value < bound
        assert comparison == "≤", comparison
        return value <= bound

    def cells(self):
        verdict = {None: "", True: "met", False: "missed"}[self.met]
        return (self.row, self.what, _number(self.figure, self.unit),
                "" if self.limit is None else _number(self.limit, self.limit_unit or self.unit),
                "" if self.ratio is None else f"{self.ratio:.3g}",
                self._goal(), verdict)

    def _goal(self):
        if self.goal is None:
            return ""
        of, comparison, bound = self.goal
        unit = "" if of == "ratio" or not self.unit else " " + self.unit
        name = "ratio " if of == "ratio" else ""
        return f"{name}{comparison} {bound:g}{unit}"


HEADERS = ("", "what", "figure", "beside it", "ratio", "goal", "")


def _number(value, unit):
    if value >= 1000:
        text = f"{value:,.0f}"
    elif value >= 100:
        text = f"{value:.0f}"
    else:
        text = f"{value:.3g}"
    return f"{text} {unit}".strip()


def table(figures):
    """For a terminal."""
    rows = [HEADERS, *(figure.cells() for figure in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADERS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in rows)


def markdown(figures):
    lines = ["| " + " | ".join(HEADERS) + " |", "|" + "---|" * len(HEADERS)]
    lines += ["| " + " | ".join(figure.cells()) + " |" for figure in figures]
    return "\n".join(lines)
