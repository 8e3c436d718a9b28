"""Writes the linear sheet of the Titanic at any number of rows: ten inputs, a prediction and its squared error a row."""

from __future__ import annotations

import xlsxwriter
from tests.benchmarks import titanic_net

from cellgrad.solver_models import solver_names
from cellgrad.lessons.titanic.models import solver_model
