"""Excel Solver's saved models: what the hidden names say, and what is wrong with them."""

from __future__ import annotations

import pytest

from cellgrad.address import Region
from cellgrad.errors import ModelError
from cellgrad.solver_models import (
    NO_LIMIT,
    Constraint,
    Engine,
    Relation,
    SolverModel,
    disjoint,
    read_models,
    solver_names,
)
from cellgrad.values import Strings
from cellgrad.workbook import Cells, DefinedName, Sheet, Table, Workbook


def book(names: dict[str, str] | list[tuple[str, str]], sheet: str | None = "Sheet1") -> Workbook:
    """A workbook with two empty sheets, a table, a name `weights`, and these names on a sheet."""
    pairs = names.items() if isinstance(names, dict) else names
    listed = [DefinedName(name, text, sheet, hidden=True) for name, text in pairs]
    empty = Cells(*([] for _ in range(5)))  # type: ignore[arg-type]
    return Workbook(
        sheets={name: Sheet(name, empty) for name in ("Sheet1", "My sheet")},
        formulas=(),
        strings=Strings(),
        tables={"T": Table("T", Region("My sheet", 0, 0, 5, 2), ("a", "b"))},
        names=(*listed, DefinedName("weights", "Sheet1!$D$1:$D$3")),
    )


MINIMAL = {"solver_opt": "Sheet1!$AA$1", "solver_adj": "Sheet1!$S$4:$T$13"}


def model(**names: str) -> SolverModel:
    return read_models(book(MINIMAL | {f"solver_{name}": text for name, text in names.items()}))["Sheet1"]


def test_defaults_where_names_are_missing() -> None:
    """Each as in the table of Solver's names: a missing solver_neg means non-negative."""
    assert model() == SolverModel("Sheet1", "Sheet1!$AA$1", "Sheet1!$S$4:$T$13")
    assert (model().goal, model().non_negative, model().engine) == ("max", True, Engine.GRG_NONLINEAR)
    assert (model().convergence, model().max_seconds) == (1e-4, NO_LIMIT)
    model().check()


@pytest.mark.parametrize(
    ("name", "text", "field", "expected"),
    [
        ("typ", "1", "goal", "max"),
        ("typ", "2", "goal", "min"),
        ("typ", "3", "goal", "value"),
        ("val", "2.5", "value", 2.5),
        ("val", "-1E-3", "value", -0.001),
        ("eng", "2", "engine", Engine.SIMPLEX_LP),
        ("eng", "3", "engine", Engine.EVOLUTIONARY),
        ("neg", "1", "non_negative", True),
        ("neg", "2", "non_negative", False),
        ("pre", "0.000001", "precision", 1e-6),
        ("cvg", "0.0001", "convergence", 1e-4),
        ("drv", "1", "central_derivatives", False),
        ("drv", "2", "central_derivatives", True),
        ("scl", "0", "scaling", False),
        ("scl", "2", "scaling", False),
        ("itr", "2147483647", "max_iterations", NO_LIMIT),
        ("itr", "100", "max_iterations", 100),
        ("sho", "1", "show_iterations", True),
        ("tol", "0.05", "integer_tolerance", 0.05),
        ("rlx", "1", "ignore_integers", True),
        ("msl", "1", "multistart", True),
        ("ssz", "50", "population", 50),
        ("rsd", "7", "seed", 7),
        ("rbv", "2", "require_bounds", False),
        ("mrt", "0.1", "mutation_rate", 0.1),
        ("mni", "60", "max_seconds_without_improvement", 60),
        ("est", "2", "quadratic_estimates", True),
        ("nwt", "2", "conjugate_search", True),
        ("lin", "1", "assume_linear", True),
        ("ver", "3", "version", 3),
    ],
)
def test_each_option(name: str, text: str, field: str, expected: object) -> None:
    found = model(**{name: text})
    assert getattr(found, field) == expected
    assert found.problems == ()
    assert read_models(book(solver_names(found)))["Sheet1"] == found


def test_constraints_up_to_their_number() -> None:
    """Names numbered higher are leftovers of an older model; integer and binary constraints need no right side."""
    found = model(
        num="3", lhs1="Sheet1!$A$1:$A$9", rel1="1", rhs1="100", lhs2="Sheet1!$B$1", rel2="3", rhs2="Sheet1!$C$1*2",
        lhs3="Sheet1!$S$4", rel3="4", rhs3="integer", lhs4="#REF!", rel4="1", rhs4="0",
    )  # fmt: skip
    assert found.constraints == (
        Constraint("Sheet1!$A$1:$A$9", Relation.AT_MOST, "100"),
        Constraint("Sheet1!$B$1", Relation.AT_LEAST, "Sheet1!$C$1*2"),
        Constraint("Sheet1!$S$4", Relation.INTEGER, "integer"),
    )
    assert [str(c) for c in found.constraints[:1]] == ["Sheet1!$A$1:$A$9 <= 100"]
    found.check()
    assert model(num="1", lhs1="Sheet1!$A$1", rel1="5").constraints[0].relation is Relation.BINARY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sheet1!$A$1:$B$2", ["Sheet1!A1:B2"]),
        ("$A$1", ["Sheet1!A1"]),
        ("'My sheet'!$A$1,Sheet1!$B$2:$C$2", ["'My sheet'!A1", "Sheet1!B2:C2"]),
        ("Sheet1!$A$1,Sheet1!$A$1", ["Sheet1!A1"]),
        ("Sheet1!$A$1:$A$3,Sheet1!$A$2:$B$3", ["Sheet1!A1:A3", "Sheet1!B2", "Sheet1!B3"]),
        ("Sheet1!$B$2,Sheet1!$A$1:$C$3", ["Sheet1!B2", "Sheet1!A1:C1", "Sheet1!A2", "Sheet1!C2", "Sheet1!A3:C3"]),
        ("weights", ["Sheet1!D1:D3"]),
        ("T[b]", ["'My sheet'!B2:B5"]),
        ("(Sheet1!$A$1,weights)", ["Sheet1!A1", "Sheet1!D1:D3"]),
    ],
)
def test_changing_cells(text: str, expected: list[str]) -> None:
    names = book(MINIMAL | {"solver_adj": text})
    assert [str(region) for region in read_models(names)["Sheet1"].changing_regions(names)] == expected


def test_disjoint_keeps_every_cell_once_in_order() -> None:
    areas = [Region("s", 0, 0, 3, 3), Region("s", 1, 1, 5, 5), Region("t", 0, 0, 1, 1), Region("s", 0, 0, 6, 2)]
    cells: list[tuple[str, int, int]] = []
    for area in areas:
        cells += [(area.sheet, r, c) for r, c in area.cells() if (area.sheet, r, c) not in cells]
    assert [(area.sheet, r, c) for area in disjoint(areas) for r, c in area.cells()] == cells


UNUSABLE = [
    # the names that differ from a good model -> what is said of which name
    ({"opt": "#REF!"}, "solver_opt is =#REF!: the cells it named have been deleted"),
    ({"adj": ""}, "solver_adj is missing: the model has no changing cells"),
    ({"adj": "Sheet1!$A$1,#REF!"}, "solver_adj is =Sheet1!$A$1,#REF!: the cells it named have been deleted"),
    ({"typ": "4"}, "solver_typ is =4: it should be one of 1, 2, 3"),
    ({"typ": "3", "val": "lots"}, "solver_val is =lots: it should be a number"),
    ({"typ": "3", "val": "1_0"}, "solver_val is =1_0: it should be a number"),
    ({"typ": "3", "val": "inf"}, "solver_val is =inf: it should be a number"),
    ({"num": "-1"}, "solver_num is =-1: it should be a whole number"),
    ({"num": "1.5"}, "solver_num is =1.5: it should be a whole number"),
    ({"num": "2", "lhs1": "$A$1", "rel1": "1", "rhs1": "0"}, "solver_lhs2 is missing: the model counts 2 constraints"),
    ({"num": "1", "lhs1": "$A$1", "rel1": "9", "rhs1": "0"}, "solver_rel1 is =9: it should be one of 1, 2, 3, 4, 5, 6"),
    ({"num": "1", "lhs1": "#REF!", "rel1": "1", "rhs1": "0"}, "solver_lhs1 is =#REF!"),
    ({"num": "1", "lhs1": "$A$1", "rel1": "1", "rhs1": "$A$2+#REF!"}, "solver_rhs1 is =$A$2+#REF!: the cells"),
    ({"num": "1", "lhs1": "$A$1", "rel1": "1"}, "solver_rhs1 is missing: the model counts 1 constraints"),
    ({"num": "1", "lhs1": "$A$1", "rel1": "1", "rhs1": ""}, "solver_rhs1 is missing: the model counts 1 constraints"),
]


@pytest.mark.parametrize(("names", "message"), UNUSABLE)
def test_what_is_wrong_is_said_when_the_model_is_used(names: dict[str, str], message: str) -> None:
    found = model(**names)  # reading it raises nothing
    for use in (found.check, lambda: found.changing_regions(book({})), lambda: found.objective_region(book({}))):
        with pytest.raises(ModelError) as caught:
            use()
        assert message in str(caught.value)
        assert "saved in sheet Sheet1" in str(caught.value)


@pytest.mark.parametrize(
    ("names", "field", "expected", "noted"),
    [
        ({"eng": "7"}, "engine", Engine.GRG_NONLINEAR, "solver_eng is =7: it should be one of 1, 2, 3"),
        ({"val": "lots"}, "value", 0.0, "solver_val is =lots: it should be a number"),
        ({"pre": "1,000"}, "precision", 1e-6, "solver_pre is =1,000: it should be a number"),
        ({"tim": "soon"}, "max_seconds", NO_LIMIT, "solver_tim is =soon: it should be a number"),
        ({"pre": "0,0001"}, "precision", 1e-4, None),
        ({"pre": "1E-6"}, "precision", 1e-6, None),
        ({"pre": '"0.01"'}, "precision", 0.01, None),
        ({"tol": "0,05"}, "integer_tolerance", 0.05, None),
        ({"tol": "5%"}, "integer_tolerance", 0.05, None),
    ],
)
def test_an_option_that_makes_no_sense_has_its_default(
    names: dict[str, str], field: str, expected: object, noted: str | None
) -> None:
    """A decimal comma is read where it cannot be one that groups thousands."""
    found = model(**names)
    found.check()
    assert getattr(found, field) == expected
    assert [str(note) for note in found.notes] == ([noted] if noted else [])


def test_a_model_without_an_objective_seeks_feasibility() -> None:
    """Solver: without an objective it looks for values that satisfy the constraints."""
    for names in (
        {"solver_opt": ""},
        {"solver_num": "1", "solver_lhs1": "$A$1", "solver_rel1": "1", "solver_rhs1": "9"},
    ):
        found = read_models(book({"solver_adj": "Sheet1!$S$4"} | names))["Sheet1"]
        found.check()
        assert found.seeks_feasibility
        assert "solver_opt" not in dict(solver_names(found))
        with pytest.raises(ModelError, match="solver_opt is missing: the model has no objective cell"):
            found.objective_region(book({}))
    with pytest.raises(ModelError, match="no objective cell and no constraints"):
        read_models(book({"solver_adj": "Sheet1!$S$4"}))["Sheet1"].check()


def test_the_words_beside_int_bin_and_dif_may_be_of_any_language() -> None:
    for number, relation in ((4, Relation.INTEGER), (5, Relation.BINARY), (6, Relation.ALL_DIFFERENT)):
        for word in ("integer", '"binär"', "entier", "#NAME?", "#REF!", ""):
            found = model(num="1", lhs1="Sheet1!$S$4", rel1=str(number), rhs1=word)
            found.check()
            assert found.constraints[0].relation is relation


def test_where_the_number_of_constraints_is_missing_the_complete_ones_count() -> None:
    found = model(lhs1="$A$1", rel1="1", rhs1="0", lhs2="$A$2", rel2="5", lhs4="$A$4", rel4="1", rhs4="0")
    assert [str(c) for c in found.constraints] == ["$A$1 <= 0", "$A$2 bin"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("solver_opt", "Sheet1!$A$1:$A$2", "the objective must be one cell"),
        ("solver_opt", "5", "'5.0' is no reference to cells"),
        ("solver_opt", "nowhere", "is no reference to cells"),
        ("solver_opt", "Gone!$A$1", "Gone"),
        ("solver_opt", "SUM(Sheet1!$A$1)", "is not a list of cells"),
        ("solver_opt", "[1]Sheet1!$A$1", "[1]Sheet1!$A$1 is in another workbook"),
        ("solver_adj", "Sheet1!$A$1,'[Plan.xlsx]My sheet'!$A$1", "is in another workbook"),
        ("solver_opt", "Sheet1!$A$", "solver_opt is =Sheet1!$A$"),
        ("solver_adj", "T[c]", "solver_adj is =T[c]"),
        ("solver_adj", "A:XFD", "more than 10000000 changing cells"),
    ],
)
def test_references_that_lead_nowhere(name: str, text: str, message: str) -> None:
    names = book(MINIMAL | {name: text})
    found = read_models(names)["Sheet1"]
    found.check()
    with pytest.raises(ModelError) as caught:
        found.objective_region(names) if name == "solver_opt" else found.changing_regions(names)
    assert message in str(caught.value)
    assert name in str(caught.value)


def test_which_names_make_a_model() -> None:
    assert read_models(book({"solver_typ": "2", "solver_lo_eng": "x"})) == {}
    assert read_models(book(MINIMAL, sheet=None)) == {}
    assert list(read_models(book({"SOLVER_OPT": "Sheet1!$A$1", "solver_int": "?"}, sheet="My sheet"))) == ["My sheet"]


def test_printed_and_read_again() -> None:
    original = SolverModel(
        "Sheet1", "Sheet1!$A$1", "Sheet1!$B$1:$B$9", "value", 1e-7, (
            Constraint("Sheet1!$B$1:$B$9", Relation.AT_LEAST, "-5"),
            Constraint("Sheet1!$B$1", Relation.ALL_DIFFERENT, "AllDifferent"),
        ),
        engine=Engine.EVOLUTIONARY, non_negative=False, central_derivatives=True, scaling=False, max_seconds=60,
        integer_tolerance=0.0, multistart=True, seed=3, quadratic_estimates=True, mutation_rate=0.1,
    )  # fmt: skip
    names = solver_names(original)
    assert len({name for name, _ in names}) == len(names)
    assert ("solver_num", "2") in names
    assert ("solver_neg", "2") in names
    assert read_models(book(names))["Sheet1"] == original
