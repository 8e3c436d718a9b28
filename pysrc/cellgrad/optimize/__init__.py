"""Search for the changing cells that bring the objective cell to its goal, batched over starts."""

from cellgrad.optimize.choice import METHODS
from cellgrad.optimize.optimizer import optimize
from cellgrad.optimize.problem import Goal, Objective
from cellgrad.optimize.solution import Callback, Progress, Solution, StartOutcome, Status

__all__ = ["METHODS", "Callback", "Goal", "Objective", "Progress", "Solution", "StartOutcome", "Status", "optimize"]
